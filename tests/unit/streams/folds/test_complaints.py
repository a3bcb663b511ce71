from schemas.views import ComplaintSection
from streams.folds.complaints import fold
from tests.support.builders import a_complaint, a_complaint_update, a_resolution, a_withdrawal
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_a_received_complaint_is_open() -> None:
    section = folded(fold, a_complaint())
    stated = ("received_on", "product", "issue", "content", "channel", "status")
    assert section == {
        "complaint_id": "K1",
        "received_on": "2020-03-01",
        "product": "Credit card",
        "issue": "Billing dispute",
        "content": "Charged twice",
        "channel": "web",
        "status": "open",
        "resolution": None,
        "closed_on": None,
        "order": dict.fromkeys(stated, 0),
    }
    assert set(section) == ComplaintSection.__required_keys__
    assert type(section["channel"]) is str


def test_an_update_changes_only_what_it_names() -> None:
    section = folded(fold, a_complaint(), a_complaint_update(issue="Fraud", progress="in_progress"))
    assert (section["issue"], section["product"], section["status"]) == ("Fraud", "Credit card", "in_progress")


def test_a_resolution_closes_it_and_says_how() -> None:
    section = folded(fold, a_complaint(), a_resolution(resolution="Paid back"))
    assert (section["status"], section["closed_on"], section["resolution"]) == ("resolved", "2020-03-05", "Paid back")


def test_a_resolution_without_words_keeps_those_there_were() -> None:
    section = folded(fold, a_resolution(resolution="Paid back"), a_resolution(source_seq=3))
    assert section["resolution"] == "Paid back"


def test_a_withdrawal_closes_it() -> None:
    section = folded(fold, a_complaint(), a_withdrawal())
    assert (section["status"], section["closed_on"]) == ("withdrawn", "2020-03-05")


def test_an_older_update_does_not_open_what_is_closed() -> None:
    section = folded(fold, a_resolution(source_seq=5), a_complaint_update(progress="open", source_seq=4))
    assert section["status"] == "resolved"


def test_an_update_of_nothing_creates_an_open_complaint() -> None:
    assert folded(fold, a_complaint_update())["status"] == "open"


def test_twice_changes_nothing() -> None:
    section = folded(fold, a_complaint(), a_resolution())
    assert fold(section, a_complaint()) is section
    assert fold(section, a_resolution()) is section


def test_any_order_and_repetition_ends_the_same() -> None:
    history = [
        a_complaint(),
        a_complaint_update(content="More", progress="in_progress"),
        a_resolution(source_seq=2, resolution="Paid"),
        a_withdrawal(source_seq=3),
        a_complaint_update(source_seq=4, progress="open"),
    ]
    assert_any_order_and_repetition_ends_the_same(fold, history)
