"""The words of the call protocol: every identifier that code, prompts, scenarios, reports and the desk share."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language the whole script exists in."""

    EN = "en"
    ZH = "zh"


class Stage(StrEnum):
    """Where in the script a call stands."""

    OPENING = "opening"
    IDENTITY = "identity"
    TRANSACTION = "transaction"
    PROBE = "probe"
    WARN = "warn"
    ON_HOLD = "on_hold"
    WITH_PERSON = "with_person"
    RESOLVE = "resolve"
    CLOSE = "close"


class Act(StrEnum):
    """What the agent means by an utterance."""

    GREET = "greet"
    EXPLAIN_WHO = "explain_who"
    SHOW_CODE = "show_code"
    ASK_IDENTITY = "ask_identity"
    RETRY_IDENTITY = "retry_identity"
    ASK_MADE = "ask_made"
    ASK_PURPOSE = "ask_purpose"
    ASK_PAYEE_SOURCE = "ask_payee_source"
    ASK_CONTACTED = "ask_contacted"
    ASK_TOLD_WHAT_TO_SAY = "ask_told_what_to_say"
    ASK_REMOTE_ACCESS = "ask_remote_access"
    ASK_MET_IN_PERSON = "ask_met_in_person"
    ASK_SEEN_GOODS = "ask_seen_goods"
    ASK_RETURNS = "ask_returns"
    ASK_INVOICE_CHECKED = "ask_invoice_checked"
    ASK_FEE_UPFRONT = "ask_fee_upfront"
    WARN = "warn"
    ASK_PROCEED = "ask_proceed"
    REASSURE_DENIED = "reassure_denied"
    RELEASE_CONFIRMED = "release_confirmed"
    HOLD_FOR_REVIEW = "hold_for_review"
    TRANSFER_TO_HUMAN = "transfer_to_human"
    PUT_THROUGH = "put_through"
    STILL_LOOKING = "still_looking"
    INTRODUCE = "introduce"
    NOBODY_FREE = "nobody_free"
    PERSON_LOST = "person_lost"
    TAKE_BACK = "take_back"
    OFFER_CALLBACK = "offer_callback"
    GOODBYE = "goodbye"
    CLOSE_WRONG_PARTY = "close_wrong_party"
    LEAVE_VOICEMAIL = "leave_voicemail"
    REPEAT = "repeat"
    CLARIFY = "clarify"
    STILL_THERE = "still_there"
    REFUSE_SECRET = "refuse_secret"
    ANSWER_QUESTION = "answer_question"
    WAIT = "wait"
    OFFER_KEYS = "offer_keys"
    EXPLAIN_KEYS = "explain_keys"
    REFUSE_DIGITS = "refuse_digits"
    ANSWER_SCREENER = "answer_screener"


class Question(StrEnum):
    """A script question whose reply is recorded as an Answer."""

    IDENTITY = "identity"
    MADE = "made"
    PURPOSE = "purpose"
    PAYEE_SOURCE = "payee_source"
    CONTACTED = "contacted"
    TOLD_WHAT_TO_SAY = "told_what_to_say"
    REMOTE_ACCESS = "remote_access"
    MET_IN_PERSON = "met_in_person"
    SEEN_GOODS = "seen_goods"
    RETURNS = "returns"
    INVOICE_CHECKED = "invoice_checked"
    FEE_UPFRONT = "fee_upfront"
    PROCEED = "proceed"


QUESTION_OF_ACT: dict[Act, Question] = {
    Act.ASK_IDENTITY: Question.IDENTITY,
    Act.RETRY_IDENTITY: Question.IDENTITY,
    Act.ASK_MADE: Question.MADE,
    Act.ASK_PURPOSE: Question.PURPOSE,
    Act.ASK_PAYEE_SOURCE: Question.PAYEE_SOURCE,
    Act.ASK_CONTACTED: Question.CONTACTED,
    Act.ASK_TOLD_WHAT_TO_SAY: Question.TOLD_WHAT_TO_SAY,
    Act.ASK_REMOTE_ACCESS: Question.REMOTE_ACCESS,
    Act.ASK_MET_IN_PERSON: Question.MET_IN_PERSON,
    Act.ASK_SEEN_GOODS: Question.SEEN_GOODS,
    Act.ASK_RETURNS: Question.RETURNS,
    Act.ASK_INVOICE_CHECKED: Question.INVOICE_CHECKED,
    Act.ASK_FEE_UPFRONT: Question.FEE_UPFRONT,
    Act.ASK_PROCEED: Question.PROCEED,
}
"""The question that each asking act puts; acts that are missing here ask nothing that is recorded."""


class Intent(StrEnum):
    """What the customer meant by a turn."""

    CONFIRM = "confirm"
    DENY = "deny"
    UNSURE = "unsure"
    ANSWER = "answer"
    ASK_WHO = "ask_who"
    ASK_DETAILS = "ask_details"
    ASK_HUMAN = "ask_human"
    ASK_REPEAT = "ask_repeat"
    ASK_WAIT = "ask_wait"
    ASK_KEYS = "ask_keys"
    CALLBACK = "callback"
    REFUSE = "refuse"
    WRONG_PERSON = "wrong_person"
    THIRD_PARTY = "third_party"
    GOODBYE = "goodbye"
    OFF_TOPIC = "off_topic"
    UNCLEAR = "unclear"


class Key(StrEnum):
    """What the customer pressed, as far as it means anything: other digits are not told apart."""

    MADE = "1"
    """It was the customer."""
    NOT_MADE = "2"
    """It was not."""
    PERSON = "0"
    OTHER = "other"
    SEVERAL = "several"
    """Several keys in a row, as whoever types a number presses them; which ones is not kept."""


class SignalCode(StrEnum):
    """An observed risk cue; labels, weights and typologies stand in policies/signals.yaml."""

    TOLD_WHAT_TO_SAY = "told_what_to_say"
    TOLD_TO_KEEP_SECRET = "told_to_keep_secret"
    SAFE_ACCOUNT = "safe_account"
    REMOTE_ACCESS = "remote_access"
    SCREEN_SHARE = "screen_share"
    SHARED_CODE = "shared_code"
    THREATENED = "threatened"
    OTHER_CALL_IN_PROGRESS = "other_call_in_progress"
    CALLER_CLAIMS_BANK = "caller_claims_bank"
    CALLER_CLAIMS_POLICE = "caller_claims_police"
    IDENTITY_MISMATCH = "identity_mismatch"
    FRAUDSTER_SUSPECTED = "fraudster_suspected"
    THIRD_PARTY_PRESENT = "third_party_present"
    PAYEE_MET_ONLINE = "payee_met_online"
    ROMANCE = "romance"
    INVESTMENT_PROMISE = "investment_promise"
    ADVANCE_FEE = "advance_fee"
    LOAN_FEE = "loan_fee"
    TASK_REWARD = "task_reward"
    REFUND_AGENT = "refund_agent"
    FAMILY_EMERGENCY = "family_emergency"
    INVOICE_CHANGED = "invoice_changed"
    RENTAL_UNSEEN = "rental_unseen"
    GOODS_UNSEEN = "goods_unseen"
    CRYPTO = "crypto"
    URGENCY = "urgency"
    CONTRADICTION = "contradiction"
    EVASIVE = "evasive"
    DISTRESS = "distress"
    VULNERABLE = "vulnerable"
    INJECTION_ATTEMPT = "injection_attempt"
    READINGS_DISAGREE = "readings_disagree"


HARD_SIGNALS: frozenset[SignalCode] = frozenset(
    {
        SignalCode.TOLD_WHAT_TO_SAY,
        SignalCode.TOLD_TO_KEEP_SECRET,
        SignalCode.SAFE_ACCOUNT,
        SignalCode.REMOTE_ACCESS,
        SignalCode.SCREEN_SHARE,
        SignalCode.SHARED_CODE,
        SignalCode.THREATENED,
        SignalCode.OTHER_CALL_IN_PROGRESS,
        SignalCode.CALLER_CLAIMS_BANK,
        SignalCode.CALLER_CLAIMS_POLICE,
        SignalCode.IDENTITY_MISMATCH,
        SignalCode.FRAUDSTER_SUSPECTED,
    }
)
"""Signals that hold a payment at once, whatever the score."""

COMPARED_SIGNALS: frozenset[SignalCode] = frozenset({SignalCode.READINGS_DISAGREE})
"""Signals that code finds by comparing what model and rules read; no words show them, so no brain offers them."""


class Typology(StrEnum):
    """A kind of fraud.

    All but the first are scams after the Federal Reserve's ScamClassifier model (2024), which knows nine types; China's
    ten categories are mapped onto them in policies/typologies.yaml. Unauthorised use is no scam: the customer did not
    make the payment.
    """

    UNAUTHORISED_USE = "unauthorised_use"
    MERCHANDISE = "merchandise"
    INVESTMENT = "investment"
    PROPERTY_RENTAL = "property_rental"
    ROMANCE_IMPOSTER = "romance_imposter"
    GOVERNMENT_IMPOSTER = "government_imposter"
    BANK_IMPOSTER = "bank_imposter"
    BUSINESS_IMPOSTER = "business_imposter"
    RELATIVE_OR_FAMILY_IMPOSTER = "relative_or_family_imposter"
    ADVANCE_FEE_JOB_OR_LOAN = "advance_fee_job_or_loan"


class Tier(StrEnum):
    """How hard the bank tries to reach the customer."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class DialRefusal(StrEnum):
    """Why a telephone number is not dialled; as the detail of a dial that ended, it says that nothing rang."""

    NOT_A_CONTACT = "not_a_contact_of_the_case"
    """The bank did not send it as a telephone of this customer."""
    NOT_E164 = "not_e164"
    """It is not a whole number with its country code."""
    INVALID_NUMBER = "invalid_number"
    """No such number is in use in its country's numbering plan."""
    PREMIUM_NUMBER = "premium_number"
    """It is no ordinary fixed or mobile line, so that whoever owns it may earn by the call."""
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    """Its country is not among those that may be dialled."""
    CALLS_AT_ONCE = "calls_at_once"
    """As many calls as are allowed are under way."""
    CALLS_PER_MINUTE = "calls_per_minute"
    """As many calls as are allowed began within a minute."""
    CALLS_PER_DAY = "calls_per_day"
    """As many calls as are allowed began within 24 hours."""
    CALLS_PER_NUMBER = "calls_per_number"
    """As many calls as are allowed went to this number within 24 hours."""

    @property
    def passes(self) -> bool:
        """Whether the same number may be dialled later."""
        return self in _PASSING


_PASSING = frozenset(
    {
        DialRefusal.CALLS_AT_ONCE,
        DialRefusal.CALLS_PER_MINUTE,
        DialRefusal.CALLS_PER_DAY,
        DialRefusal.CALLS_PER_NUMBER,
    }
)


class Disposition(StrEnum):
    """How a dial ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    VOICEMAIL = "voicemail"
    SCREENER = "screener"
    FAILED = "failed"
    FORWARDED = "forwarded"


class Arrival(StrEnum):
    """How a customer came by themselves."""

    VIDEO = "video"
    """They opened the link of a video session."""
    INBOUND = "inbound"
    """They rang the bank's number."""


class Outcome(StrEnum):
    """What the verification concluded about the payment."""

    CONFIRMED_GENUINE = "confirmed_genuine"
    DENIED = "denied"
    SUSPECTED_SCAM = "suspected_scam"
    IDENTITY_FAILED = "identity_failed"
    WRONG_PARTY = "wrong_party"
    UNREACHED = "unreached"
    CALLBACK_REQUESTED = "callback_requested"
    HUMAN_REQUESTED = "human_requested"
    INCONCLUSIVE = "inconclusive"


class BankAction(StrEnum):
    """What the bank is told to do with the payment."""

    HOLD = "hold"
    RELEASE = "release"
    BLOCK = "block"


class Speaker(StrEnum):
    """Who spoke a turn."""

    AGENT = "agent"
    CUSTOMER = "customer"


class Rail(StrEnum):
    """The payment system that carries the transaction."""

    CARD = "card"
    ATM = "atm"
    FASTER_PAYMENTS = "faster_payments"
    CHAPS = "chaps"
    SEPA_INSTANT = "sepa_instant"
    ACH = "ach"
    FEDWIRE = "fedwire"
    RTP = "rtp"
    IBPS = "ibps"
    CNAPS = "cnaps"
    SWIFT = "swift"
    BOOK_TRANSFER = "book_transfer"


class PaymentChannel(StrEnum):
    """Where the customer, or somebody else, started the payment."""

    MOBILE_APP = "mobile_app"
    ONLINE_BANKING = "online_banking"
    ECOMMERCE = "ecommerce"
    POINT_OF_SALE = "point_of_sale"
    CASH_MACHINE = "cash_machine"
    BRANCH = "branch"
    TELEPHONE = "telephone"
