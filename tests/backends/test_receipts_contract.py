"""Every store tells which receipts that were once given out it no longer has."""

from ct_cli.backends.contract import Backend
from ct_cli.stores.verification import MissingReceipt, verify
from tests.backends.conftest import record, submission


def test_a_receipt_without_an_entry_is_named_and_one_with_an_entry_is_not(backend: Backend) -> None:
    outcomes = record(backend, submission("LOC1"), submission("LOC2"))
    given_out = [outcome.entry.receipt_id for outcome in outcomes if outcome.entry is not None]
    lost = MissingReceipt("0123456789abcdef", "LOC3")

    found, missing = verify(backend, {lost.receipt_id: lost, **{it: MissingReceipt(it) for it in given_out}})

    assert (found.whole, found.entries, len(given_out)) == (True, 2, 2)
    assert missing == (lost,)
