from .access_record import AccessRecord
from .afterwards import AskedFollower, Concern
from .arbitration import Arbitration
from .area_following import AreaFollowing, AreaLetter
from .article import Article, ArticleQuerySet, ArticleVersion
from .attachment import Attachment
from .calendar import CalendarDay, DeadlineRule
from .call_back import CallBack
from .call_draft import CallDraft
from .candidate import Candidate
from .case_export import CaseExport
from .category import Category, CategoryQuerySet, Channel
from .clock import Clock, ClockPause, ClockQuerySet, Extension, Target
from .closed_period import ClosedFigures, ClosedPeriod, Correction
from .contact import Contact, ContactReading
from .contact_request import ContactRequest, ContactRequestQuerySet
from .crew_link import CrewLink, CrewResult
from .daily_root import DailyLeaf, DailyRoot
from .decision_record import DecisionRecord
from .directive import Directive, DirectiveQuerySet
from .duty import Duty
from .event import Event, Note
from .following import Following
from .handling import CaseMark, Handling, WorkedDay
from .incident import Incident, IncidentQuerySet
from .joining import Joining
from .location_link import LocationLink
from .membership import Membership, MembershipQuerySet
from .notice import Notice, NoticeText, Outlet
from .one_time_code import OneTimeCode
from .organisation import (
    Contract,
    Organisation,
    OrganisationQuerySet,
    OrganisationSuccession,
)
from .outgoing import Outgoing, OutgoingQuerySet
from .priority import PriorityWeights
from .published_ranking import PublishedRanking, RankingObjection
from .question import Question
from .rating import Rating, Score
from .recount import MovedDate, Recount
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
from .running_figures import RunningFigures
from .sending import Sending
from .shift import SampledCase, ShiftNote, ShiftNoteReading, Storm
from .staff_notice import Digest, NoWeeklyLetter, StaffNotice, WeeklyLetter
from .staged_file import StagedFile
from .status import Status, StatusGroup
from .suggestion_dismissal import SuggestionDismissal
from .suggestion_model import SuggestionModel
from .tile_count import (
    COUNTED_ZOOMS,
    NUMBERED_ZOOM,
    WEEKLY_ZOOMS,
    TileChange,
    TileCount,
    TileFold,
    TileWeekCount,
)
from .transfer import Transfer, TransferQuerySet
from .urging import Urging
from .verification import Verification
from .wall_link import WallLink

__all__ = [
    "COUNTED_ZOOMS",
    "NUMBERED_ZOOM",
    "WEEKLY_ZOOMS",
    "AccessRecord",
    "Approval",
    "Arbitration",
    "AreaFollowing",
    "AreaLetter",
    "Article",
    "ArticleQuerySet",
    "ArticleVersion",
    "AskedFollower",
    "Attachment",
    "CalendarDay",
    "CallBack",
    "CallDraft",
    "Candidate",
    "CaseExport",
    "CaseMark",
    "Category",
    "CategoryQuerySet",
    "Channel",
    "Clock",
    "ClockPause",
    "ClockQuerySet",
    "ClosedFigures",
    "ClosedPeriod",
    "Concern",
    "Contact",
    "ContactReading",
    "ContactRequest",
    "ContactRequestQuerySet",
    "Contract",
    "Correction",
    "CrewLink",
    "CrewResult",
    "DailyLeaf",
    "DailyRoot",
    "DeadlineRule",
    "DecisionRecord",
    "Digest",
    "Directive",
    "DirectiveQuerySet",
    "Duty",
    "Event",
    "Extension",
    "Following",
    "Handling",
    "Incident",
    "IncidentQuerySet",
    "Joining",
    "LocationLink",
    "Membership",
    "MembershipQuerySet",
    "MovedDate",
    "NoWeeklyLetter",
    "Note",
    "Notice",
    "NoticeText",
    "OneTimeCode",
    "Organisation",
    "OrganisationQuerySet",
    "OrganisationSuccession",
    "Outgoing",
    "OutgoingQuerySet",
    "Outlet",
    "PriorityWeights",
    "PublishedRanking",
    "Question",
    "RankingObjection",
    "Rating",
    "Recount",
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
    "RunningFigures",
    "SampledCase",
    "Score",
    "Sending",
    "ShiftNote",
    "ShiftNoteReading",
    "StaffNotice",
    "StagedFile",
    "Status",
    "StatusGroup",
    "Storm",
    "SuggestionDismissal",
    "SuggestionModel",
    "Target",
    "TileChange",
    "TileCount",
    "TileFold",
    "TileWeekCount",
    "Transfer",
    "TransferQuerySet",
    "Urging",
    "Verification",
    "WallLink",
    "WeeklyLetter",
    "WorkedDay",
]
