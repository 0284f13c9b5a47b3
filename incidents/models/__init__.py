from .attachment import Attachment
from .calendar import CalendarDay, DeadlineRule
from .category import Category, CategoryQuerySet, Channel
from .clock import Clock
from .contact import Contact, ContactReading
from .decision_record import DecisionRecord
from .event import Event, Note
from .membership import Membership, MembershipQuerySet
from .notice import Notice
from .organisation import (
    Contract,
    Organisation,
    OrganisationQuerySet,
    OrganisationSuccession,
)
from .refusal_reason import RefusalReason
from .report import Report, ReportQuerySet
from .responsibility import Responsibility
from .result import Result
from .status import Status, StatusGroup
from .transfer import Transfer

__all__ = [
    "Attachment",
    "CalendarDay",
    "Category",
    "CategoryQuerySet",
    "Channel",
    "Clock",
    "Contact",
    "ContactReading",
    "Contract",
    "DeadlineRule",
    "DecisionRecord",
    "Event",
    "Membership",
    "MembershipQuerySet",
    "Note",
    "Notice",
    "Organisation",
    "OrganisationQuerySet",
    "OrganisationSuccession",
    "RefusalReason",
    "Report",
    "ReportQuerySet",
    "Responsibility",
    "Result",
    "Status",
    "StatusGroup",
    "Transfer",
]
