package bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A customer's view and its folds: those of the Python peers (`banking.py`), word for word. */
@JsonInclude(JsonInclude.Include.NON_NULL)
final class Customer {
    private static final long LARGE_BALANCE = 10_000_000;
    private static final long REARM_BELOW = 9_500_000;
    private static final long LARGE_ENTRY = 5_000_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final ObjectReader READER = MAPPER.readerFor(Customer.class);
    private static final ObjectWriter WRITER = MAPPER.writerFor(Customer.class);

    public String customer_id;
    public String name;
    public String phone;
    public String host_manager;
    public Map<String, Account> accounts;
    public Map<String, Loan> loans;
    public Map<String, Complaint> complaints;

    @JsonInclude(JsonInclude.Include.NON_NULL)
    static final class Account {
        public String account_id;
        public String status = "open";
        public long balance_minor;
        public long entries;
        public String last_entry_at;
        public boolean armed = true;
        public String product;
        public String currency;
        public String opened_on;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    static final class Loan {
        public long outstanding_minor;
        public Long contract_minor;
        public String maturity_on;
    }

    record Complaint(String received_on, String issue, String content) {}

    record Alert(
            String alert_id, String kind, String subject, String customer_id, String to, String raised_at,
            Long amount_minor) {
        private static final ObjectWriter WRITER = MAPPER.writerFor(Alert.class);

        byte[] encoded() {
            try {
                return WRITER.writeValueAsBytes(this);
            } catch (JsonProcessingException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    static Customer decoded(byte[] view) {
        try {
            return READER.readValue(view);
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    byte[] encoded() {
        try {
            return WRITER.writeValueAsBytes(this);
        } catch (JsonProcessingException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Change the view by the event; the alerts it causes. */
    List<Alert> fold(Event event) {
        customer_id = event.customer_id;
        List<Alert> alerts = new ArrayList<>(0);
        switch (event.type) {
            case "customer.registered" -> {
                name = event.name;
                phone = event.phone;
            }
            case "customer.amended" -> phone = event.phone;
            case "relationship.assigned" -> host_manager = event.party_id;
            case "account.opened" -> open(event);
            case "account.entry_booked" -> book(event, alerts);
            case "account.balance_reported" -> judge(account(event), event, alerts);
            case "loan.contract_signed" -> loan(event).contract_minor = event.limit_minor;
            case "loan.drawn_down" -> draw(event);
            case "loan.repaid" -> loan(event).outstanding_minor -= event.amount_minor;
            case "complaint.received" -> complain(event, alerts);
            default -> throw new IllegalStateException(event.type);
        }
        return alerts;
    }

    private void open(Event event) {
        Account account = account(event);
        account.product = event.product;
        account.currency = event.currency;
        account.opened_on = event.opened_on;
    }

    private void book(Event event, List<Alert> alerts) {
        Account account = account(event);
        account.entries++;
        account.last_entry_at = event.occurred_at;
        judge(account, event, alerts);
        if (Math.abs(event.amount_minor) >= LARGE_ENTRY) {
            alerts.add(alert("large_entry", "account:" + event.account_id, event, event.amount_minor));
        }
    }

    private void judge(Account account, Event event, List<Alert> alerts) {
        account.balance_minor = event.balance_minor;
        if (account.armed && account.balance_minor >= LARGE_BALANCE) {
            account.armed = false;
            alerts.add(alert("large_balance", "account:" + event.account_id, event, event.balance_minor));
        } else if (account.balance_minor < REARM_BELOW) {
            account.armed = true;
        }
    }

    private void draw(Event event) {
        Loan loan = loan(event);
        loan.outstanding_minor += event.amount_minor;
        loan.maturity_on = event.maturity_on;
    }

    private void complain(Event event, List<Alert> alerts) {
        if (complaints == null) {
            complaints = new LinkedHashMap<>();
        }
        complaints.put(event.complaint_id, new Complaint(event.received_on, event.issue, event.content));
        alerts.add(alert("complaint_reminder", "complaint:" + event.complaint_id, event, null));
    }

    private Account account(Event event) {
        if (accounts == null) {
            accounts = new LinkedHashMap<>();
        }
        Account account = accounts.get(event.account_id);
        if (account == null) {
            account = new Account();
            account.account_id = event.account_id;
            accounts.put(event.account_id, account);
        }
        return account;
    }

    private Loan loan(Event event) {
        if (loans == null) {
            loans = new LinkedHashMap<>();
        }
        return loans.computeIfAbsent(event.contract_id, id -> new Loan());
    }

    private Alert alert(String kind, String subject, Event event, Long amount) {
        String id = kind + ":" + event.event_id;
        return new Alert(id, kind, subject, event.customer_id, host_manager, event.occurred_at, amount);
    }
}
