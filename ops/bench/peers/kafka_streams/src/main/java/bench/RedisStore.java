package bench;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import redis.clients.jedis.Jedis;

/**
 * The views changed since the last commit, set in Redis in one MSET just before the next.
 *
 * <p>A task flushes the caches of its stores before it commits: the one hook by which Kafka Streams lets a program do
 * something before its positions count. Hence a store that is all cache.
 */
final class RedisStore implements StateStore, CachedStateStore<byte[], byte[]> {
    static final String NAME = "redis";
    private static final String VIEW_KEY = "bench:view:";

    private final URI url;
    private final Map<String, byte[]> changed = new HashMap<>();
    private Jedis redis;

    RedisStore(URI url) {
        this.url = url;
    }

    void put(String customer, byte[] view) {
        changed.put(customer, view);
    }

    @Override
    public void flushCache() {
        if (changed.isEmpty()) {
            return;
        }
        byte[][] pairs = new byte[2 * changed.size()][];
        int at = 0;
        for (Map.Entry<String, byte[]> entry : changed.entrySet()) {
            pairs[at++] = (VIEW_KEY + entry.getKey()).getBytes(StandardCharsets.UTF_8);
            pairs[at++] = entry.getValue();
        }
        redis.mset(pairs);
        changed.clear();
    }

    @Override
    public void clearCache() {
        changed.clear();
    }

    @Override
    public boolean setFlushListener(CacheFlushListener<byte[], byte[]> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        redis = new Jedis(url);
        context.register(root, (key, value) -> {});
    }

    @Override
    public void close() {
        redis.close();
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return redis != null && redis.isConnected();
    }
}
