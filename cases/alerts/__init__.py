"""The alert document: what a bank's fraud engine sends, checked strictly, and its domain twin.

The document is JSON with the fields of an ISO 20022 credit transfer (pacs.008) that matter to a verification.
Unknown keys, unmasked account or card numbers, naive times and over-long texts are refused; control and
bidirectional characters are taken out of texts that a stranger may have written.
"""

from cases.alerts.document import AlertDocument
from cases.alerts.errors import AlertInvalidError, Problem
from cases.alerts.mapping import document_of, parse_alert, parse_document

__all__ = [
    "AlertDocument",
    "AlertInvalidError",
    "Problem",
    "document_of",
    "parse_alert",
    "parse_document",
]
