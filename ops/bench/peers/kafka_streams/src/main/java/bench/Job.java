package bench;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** One record: parse, fold, put the view into the store and among what Redis is to be told, forward its alerts. */
final class Job implements Processor<byte[], byte[], byte[], byte[]> {
    static final String VIEWS = "views";
    static final String ALERTS = "alerts";
    static final String DEAD_LETTERS = "dead-letters";

    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<String, byte[]> views;
    private RedisStore redis;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        views = context.getStateStore(VIEWS);
        redis = context.getStateStore(RedisStore.NAME);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Event event;
        try {
            event = Event.parse(record.key(), record.value());
        } catch (Event.Malformed malformed) {
            context.forward(record, DEAD_LETTERS);
            return;
        }
        byte[] before = views.get(event.customer_id);
        Customer customer = before == null ? new Customer() : Customer.decoded(before);
        for (Customer.Alert alert : customer.fold(event)) {
            context.forward(record.withValue(alert.encoded()), ALERTS);
        }
        byte[] after = customer.encoded();
        views.put(event.customer_id, after);
        redis.put(event.customer_id, after);
    }
}
