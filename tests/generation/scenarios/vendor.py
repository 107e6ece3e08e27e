"""What is the same at all vendors: how their errors and broken lines are told."""

from dataclasses import dataclass

from tests.generation.scenarios.scenario import PICTURE, Scenario, fails, lost, passes, slows, stops

SUBJECT = "the subject picture (image/jpeg, 1 KB)"
SCENE = "the scene picture (image/webp, 1 KB)"
EITHER = f"{SUBJECT} or {SCENE}"
UNKNOWN = "Nobody knows whether a picture was made, so it counts as paid."


@dataclass(frozen=True)
class Vendor:
    """name: as people read it. In all methods: said is what the vendor said, vendor its code for it."""

    name: str
    model: str

    # It can't work with these inputs

    def bad_input(self, which: str, said: str, vendor: str) -> Scenario:
        helps = "Upload the scene again as JPEG." if which == SCENE else "Upload them again as JPEG."
        return fails("bad_input", f"{self.name} refused {which}: “{said}”. {helps}", vendor=vendor)

    def bad_request(self, said: str, vendor: str) -> Scenario:
        words = f"{self.name} refused the request (HTTP 400). Change the prompt or the format."
        return fails("bad_request", f"{words} It said: “{said}”.", vendor=vendor)

    def too_large(self, said: str, vendor: str = "") -> Scenario:
        words = f"{self.name} does not take as much as was sent (HTTP 413): {EITHER}."
        return fails(
            "too_large", f"{words} Use smaller pictures, or fewer. It said: “{said}”.", vendor=vendor
        )

    # The account, the model or the address is broken

    def key_refused(self, status: int, said: str, vendor: str) -> Scenario:
        words = f"{self.name} refused the key (HTTP {status}). An operator must set a valid one"
        return stops("key_refused", f"{words} and resume the provider. It said: “{said}”.", vendor=vendor)

    def no_credit(self, status: int, said: str, vendor: str) -> Scenario:
        words = (
            f"{self.name} takes no calls on this account (HTTP {status}): its billing, credit or region. "
            "An operator must settle that and resume the provider."
        )
        return stops("no_credit", f"{words} It said: “{said}”.", vendor=vendor)

    def model_unknown(self, said: str, vendor: str = "") -> Scenario:
        words = (
            f"{self.name} knows no model {self.model} at its address (HTTP 404); names get retired. "
            "An operator must set another model and resume the provider."
        )
        return stops("model_unknown", f"{words} It said: “{said}”.", vendor=vendor)

    def moved(self, status: int, said: str, vendor: str = "") -> Scenario:
        words = (
            f"{self.name} has moved to another address (HTTP {status}); nothing was sent there. "
            "An operator must set the new address and resume the provider."
        )
        return stops("moved", f"{words} It said: “{said}”.", vendor=vendor)

    # It passes

    def too_many(self, said: str, *, wait: float, vendor: str = "") -> Scenario:
        words = f"{self.name} had too many calls at once. Calls to it go slower for a while."
        return slows("too_many_calls", f"{words} It said: “{said}”.", wait=wait, vendor=vendor)

    def overloaded(self, status: int, said: str = "", vendor: str = "") -> Scenario:
        words = f"{self.name} has trouble at the moment (HTTP {status})."
        return passes("overloaded", f"{words} It said: “{said}”." if said else words, vendor=vendor)

    def out_of_time(self, said: str, vendor: str = "") -> Scenario:
        words = f"{self.name} ran out of time (HTTP 408). It said: “{said}”."
        return passes("time_out", words, vendor=vendor)

    # No answer at all: nobody knows

    def no_answer(self) -> Scenario:
        words = f"{self.name} gave no whole answer within 1 s. {UNKNOWN}"
        return lost("time_out", words)

    def connection_lost(self) -> Scenario:
        words = f"The connection to {self.name} broke off before its answer was whole. {UNKNOWN}"
        return lost("cut_off", words)

    # A good status, and then half of it, or rubbish: somebody made something, and it is paid

    def too_slow(self) -> Scenario:
        words = f"{self.name} gave no whole answer within 1 s."
        return passes("time_out", words, cost=PICTURE)

    def cut_off(self) -> Scenario:
        words = f"The connection to {self.name} broke off before its answer was whole."
        return passes("cut_off", words, cost=PICTURE)

    def bad_answer(self) -> Scenario:
        words = f"{self.name} gave an answer that can't be read."
        return passes("bad_answer", words, cost=PICTURE)


def unusable(code: str, what: str, vendor: str = "") -> Scenario:
    """It is no picture, or blank: paid, and tried again."""
    words = f"What came back can't be used as a picture: {what}."
    return passes(code, words, vendor=vendor, cost=PICTURE)
