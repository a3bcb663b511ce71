package bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The fields of an event that the job uses; those another type of event does not have stay null. */
@JsonIgnoreProperties(ignoreUnknown = true)
final class Event {
    public String event_id;
    public String type;
    public String customer_id;
    public String source;
    public Long source_seq;
    public String occurred_at;
    public String name;
    public String phone;
    public String party_id;
    public String account_id;
    public String product;
    public String currency;
    public String opened_on;
    public Long amount_minor;
    public Long balance_minor;
    public String contract_id;
    public Long limit_minor;
    public String maturity_on;
    public String complaint_id;
    public String received_on;
    public String issue;
    public String content;

    private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);

    /** A record that is no event of the job. */
    static final class Malformed extends Exception {
        Malformed(String reason) {
            super(reason, null, false, false);
        }
    }

    /** The event of a record, the fields that are used checked for presence and type. */
    static Event parse(byte[] key, byte[] value) throws Malformed {
        Event event;
        try {
            event = value == null ? null : READER.readValue(value);
        } catch (IOException error) {
            throw new Malformed(error.getMessage());
        }
        if (event == null || event.type == null) {
            throw new Malformed("type");
        }
        require(event.event_id, event.customer_id, event.source, event.source_seq, event.occurred_at);
        require(event.ofItsType());
        if (key == null || !Arrays.equals(key, event.customer_id.getBytes(StandardCharsets.UTF_8))) {
            throw new Malformed("key");
        }
        return event;
    }

    private Object[] ofItsType() throws Malformed {
        return switch (type) {
            case "customer.registered" -> new Object[] {name, phone};
            case "customer.amended" -> new Object[] {phone};
            case "relationship.assigned" -> new Object[] {party_id};
            case "account.opened" -> new Object[] {account_id, currency, product, opened_on};
            case "account.entry_booked" -> new Object[] {account_id, currency, amount_minor, balance_minor};
            case "account.balance_reported" -> new Object[] {account_id, currency, balance_minor};
            case "loan.contract_signed" -> new Object[] {contract_id, limit_minor};
            case "loan.drawn_down" -> new Object[] {contract_id, amount_minor, maturity_on};
            case "loan.repaid" -> new Object[] {contract_id, amount_minor};
            case "complaint.received" -> new Object[] {complaint_id, received_on, issue, content};
            default -> throw new Malformed("type: " + type);
        };
    }

    private static void require(Object... fields) throws Malformed {
        for (Object field : fields) {
            if (field == null) {
                throw new Malformed("a field is missing");
            }
        }
    }
}
