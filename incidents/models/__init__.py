from .arbitration import Arbitration
from .attachment import Attachment
from .calendar import CalendarDay, DeadlineRule
from .call_draft import CallDraft
from .candidate import Candidate
from .category import Category, CategoryQuerySet, Channel
from .clock import Clock
from .contact import Contact, ContactReading
from .daily_root import DailyLeaf, DailyRoot
from .decision_record import DecisionRecord
from .duty import Duty
from .event import Event, Note
from .following import Following
from .joining import Joining
from .membership import Membership, MembershipQuerySet
from .notice import Notice
from .one_time_code import OneTimeCode
from .organisation import (
    Contract,
    Organisation,
    OrganisationQuerySet,
    OrganisationSuccession,
)
from .question import Question
from .rating import Rating, Score
from .reform import Reform
from .refusal_reason import RefusalReason
from .rehearsal import Rehearsal
from .reply_template import ReplyTemplate
from .report import Approval, Report
from .report_queries import ReportQuerySet
from .responsibility import Responsibility
from .result import Result
from .return_reason import ReturnReason
from .role_change import RoleChange
from .staff_notice import Digest, StaffNotice
from .staged_file import StagedFile
from .status import Status, StatusGroup
from .transfer import Transfer, TransferQuerySet
from .verification import Verification

__all__ = [
    "Approval",
    "Arbitration",
    "Attachment",
    "CalendarDay",
    "CallDraft",
    "Candidate",
    "Category",
    "CategoryQuerySet",
    "Channel",
    "Clock",
    "Contact",
    "ContactReading",
    "Contract",
    "DailyLeaf",
    "DailyRoot",
    "DeadlineRule",
    "DecisionRecord",
    "Digest",
    "Duty",
    "Event",
    "Following",
    "Joining",
    "Membership",
    "MembershipQuerySet",
    "Note",
    "Notice",
    "OneTimeCode",
    "Organisation",
    "OrganisationQuerySet",
    "OrganisationSuccession",
    "Question",
    "Rating",
    "Reform",
    "RefusalReason",
    "Rehearsal",
    "ReplyTemplate",
    "Report",
    "ReportQuerySet",
    "Responsibility",
    "Result",
    "ReturnReason",
    "RoleChange",
    "Score",
    "StaffNotice",
    "StagedFile",
    "Status",
    "StatusGroup",
    "Transfer",
    "TransferQuerySet",
    "Verification",
]
