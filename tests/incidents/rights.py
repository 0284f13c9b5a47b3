"""Who may do what: the tables that the matrix is asserted against, written by hand.

`docs/rights.md` is these tables; `write()` writes it, a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from incidents.models import Status

#: Each role by the letter it has in the tables.
ROLES = {
    "V": "visitor, signed in nowhere",
    "R": "reporter, proven by a one-time code",
    "O": "operator of the portal",
    "S": "shift lead of the portal",
    "F": "focal point of the ward",
    "E": "field officer of a part of the ward's committee",
    "L": "leader of the ward's committee",
    "D": "deputy, who stands in for that leader",
    "P": "member of a department, for one place alone",
    "C": "city leader",
    "A": "administrator of the portal",
    "W": "administrator of the ward's committee",
    "U": "auditor",
}
S = Status
HELD = "F L D P"
#: Who sees a case of the ward, by its state. `E` sees what was given to them alone.
SEEN = {
    S.RECEIVED: "O S C U",
    S.INFO_REQUESTED: "O S C U",
    S.ACCEPTED: "O S C U",
    S.REFUSED: "O S C U",
    S.ANSWERED: "O S C U",
    S.THANKED: "O S C U",
    S.EMERGENCY: "O S C U",
    S.WITHDRAWN: "O S C U",
    S.TRANSFERRED: f"O S C U {HELD}",
    S.ACKNOWLEDGED: f"O S C U {HELD}",
    S.RETURNED: "O S C U F L D",  # As who sent it on; who works for one place did not.
    S.VERIFYING: f"O S C U {HELD}",
    S.IN_PROGRESS: f"O S C U {HELD} E",
    S.PAUSED: f"O S C U {HELD}",
    S.AWAITING: f"O S C U {HELD}",
    S.RESOLVED: f"O S C U {HELD}",
    S.REOPENED: f"O S C U {HELD}",
    S.DUPLICATE: "O S C U",
    S.CLOSED: "O S C U",
}
#: A denunciation that was refused.
QUARANTINED = "S U"
#: The same cases of another ward.
ELSEWHERE = "O S C U"

#: Some of them, in a word.
EVERYBODY = "O S F E L D P C A W U"
STAFF = "O S F E L D P C U"
WORKS = "F E L D P"
DESK = "O S"
#: Whom each address of staff lets in, where it is not about one case.
ADDRESSES = {
    "lam-viec": EVERYBODY,
    "lam-viec/ban-tin-tuan": "O S F E L D C U",
    "lam-viec/ban-tin-tuan.pdf": "O S F E L D C U",
    "lam-viec/ban-tin-tuan/thu": "L D C",
    "lam-viec/chuyen": "S L D C A W U",
    "lam-viec/chuyen.csv": "S L D C A W U",
    "lam-viec/cuoc-goi/<slug:client_id>": DESK,
    "lam-viec/cuoc-goi/<slug:client_id>/so": DESK,
    "lam-viec/cuoc-goi/<slug:client_id>/xem": DESK,
    "lam-viec/cuoc-goi/<slug:client_id>/xong": DESK,
    "lam-viec/dia-chi": DESK,
    "lam-viec/dia-chi/<int:number>": DESK,
    "lam-viec/dieu-hanh": "O S F E L D C U",
    "lam-viec/dieu-hanh.csv": "O S F E L D C U",
    "lam-viec/dieu-hanh/man-hinh-lon": "L D C",
    "lam-viec/dieu-hanh/man-hinh-lon/<int:number>/thu-hoi": "L D C",
    "lam-viec/dieu-hanh/vu": "O S F E L D C U",
    "lam-viec/dieu-hanh/vu.csv": "O S F E L D C U",
    "lam-viec/don-vi": WORKS,
    "lam-viec/don-vi/ban-do-nhiet": WORKS,
    "lam-viec/don-vi/diem-nong": WORKS,
    "lam-viec/don-vi/phieu-giao-viec": WORKS,
    "lam-viec/don-vi/giap-ranh": "F L D",
    "lam-viec/don-vi/giap-ranh/vi-tri.json": EVERYBODY,
    "lam-viec/don-vi/lo-trinh": WORKS,
    "lam-viec/don-vi/phan-cong": WORKS,
    "lam-viec/don-vi/sau-ket-qua": "S L D",
    "lam-viec/don-vi/sau-ket-qua/<int:number>": "S L D",
    "lam-viec/don-vi/tiep-nhan": WORKS,
    "lam-viec/don-vi/vi-tri.json": EVERYBODY,
    "lam-viec/giai-dap": "O S A",
    "lam-viec/giai-dap/<slug:code>": "O S A",
    "lam-viec/giai-dap/them": "S A",
    "lam-viec/goi-lai": DESK,
    "lam-viec/goi-lai/<int:number>": DESK,
    "lam-viec/goi-lai/<int:number>/<slug:action>": DESK,
    "lam-viec/goi-lai-cuoc-goi/<int:number>": DESK,
    "lam-viec/goi-y": "S A",
    "lam-viec/hop-gui": EVERYBODY,
    "lam-viec/hop-gui.json": EVERYBODY,
    "lam-viec/chi-dao": EVERYBODY,
    "lam-viec/lich": "A",
    "lam-viec/lich/<int:number>": "A",
    "lam-viec/lien-he": DESK,
    "lam-viec/lien-he/<int:number>": DESK,
    "lam-viec/mau-tra-loi": EVERYBODY,
    "lam-viec/mau-tra-loi/<int:number>": "S F L D P A W",
    "lam-viec/mau-tra-loi/<int:number>/ngung": "S F L D P A W",
    "lam-viec/mau-tra-loi/them": "S F L D P A W",
    "lam-viec/nguoi": "L A W",
    "lam-viec/nguoi/<int:number>": "L A W",
    "lam-viec/nguoi/<int:number>/ban-giao": "L A W",
    "lam-viec/nguoi/<int:number>/moi-lai": "L A W",
    "lam-viec/nguoi/<int:number>/vai-tro": "L A W",
    "lam-viec/nguoi/<int:number>/xac-thuc": "L A W",
    "lam-viec/nguoi/moi": "L A W",
    "lam-viec/nhat-ky": "A U",
    "lam-viec/nhat-ky.csv": "A U",
    "lam-viec/phan-anh.<slug:ending>": STAFF,
    "lam-viec/phan-xu": "O S C U",
    "lam-viec/so-ca": DESK,
    "lam-viec/so-ca/<int:number>/da-doc": DESK,
    "lam-viec/so-ca/them": DESK,
    "lam-viec/so-lieu": STAFF,
    "lam-viec/so-lieu.csv": STAFF,
    "lam-viec/su-co": EVERYBODY,
    "lam-viec/su-co/gom": DESK,
    "lam-viec/su-co/thong-bao": "O S F L D P",
    "lam-viec/tim": EVERYBODY,
    "lam-viec/tong-dai/chuyen": DESK,
    "lam-viec/tin-bao": "A",
    "lam-viec/tin-bao/<slug:name>": "A",
    "lam-viec/tong-dai": "O S C U",
    "lam-viec/truc-ban": "S F E L D P A W",
    "lam-viec/truc-ban/<int:number>/bo": "S F L D P A W",
    "lam-viec/truc-ca": "S",
    "lam-viec/truc-ca/<slug:action>": "S",
    "lam-viec/uu-tien": EVERYBODY,
    "lam-viec/tuan-nay": "L D",
    "lam-viec/vai-tro/<int:number>/doi": "L A W",
    "lam-viec/vai-tro/<int:number>/ket-thuc": "L A W",
    "lam-viec/vai-tro/<int:number>/thay": "L A W",
    "lam-viec/xep-hang": "O S F E L D C U",
    "lam-viec/xuat-du-lieu": "O S F E L D P C A U",
    "lam-viec/xuat-du-lieu/<int:number>": "A U",
    "lam-viec/xuat-du-lieu/<int:number>/tep": "S U",
    "lam-viec/xuong": "A",
    "lam-viec/xuong/chay-thu": "A",
    "lam-viec/xuong/chay-thu/<int:number>": "A",
    "lam-viec/xuong/chay-thu/<int:number>/<slug:part>.csv": "A",
    "lam-viec/xuong/chay-thu/<int:number>/lai": "A",
    "lam-viec/xuong/dia-gioi/<int:number>": "A",
    "lam-viec/xuong/dia-gioi/<int:number>/ban-do.json": "A",
    "lam-viec/xuong/dia-gioi/<int:number>/bo": "A",
    "lam-viec/xuong/dia-gioi/<int:number>/hieu-luc": "A",
    "lam-viec/xuong/dia-gioi/<int:number>/hoan-tac": "A",
    "lam-viec/xuong/goi-y": "A",
    "lam-viec/xuong/tep": "A",
    "lam-viec/xuong/tep/<int:number>": "A",
    "lam-viec/xuong/tep/<int:number>/ban-do.json": "A",
    "lam-viec/xuong/tep/<int:number>/bo": "A",
    "lam-viec/xuong/tep/<int:number>/giu": "A",
    "lam-viec/xuong/trach-nhiem": "A",
    "lam-viec/xuong/trach-nhiem.csv": "A",
    "lam-viec/xuong/ve": "A",
    "lam-viec/xuong/ve-tai-san": "A",
    "lam-viec/xuong/ve-tai-san/quanh": "A",
    "lam-viec/xuong/ve/<int:number>": "A",
    "lam-viec/xuong/ve/<int:number>/quanh": "A",
    "staff/call": DESK,
    "staff/heatmap": WORKS,
    "staff/maps/<slug:kind>.html": STAFF,
    "staff/maps/<slug:kind>.pdf": STAFF,
    "staff/maps/<slug:kind>.png": STAFF,
    "staff/round.gpx": WORKS,
    "staff/tiles/cases/<int:z>/<int:x>/<int:y>.mvt": "O S F E L D C U",
    "staff/work-order.pdf": WORKS,
}
#: These lead on to where somebody works.
LEADS_ON = {"lam-viec", "lam-viec/don-vi/phieu-giao-viec", "staff/call"}
#: These are posted to, or need a spot that is hot; a question alone is no answer.
POSTED = {
    "lam-viec/ban-tin-tuan/thu",
    "lam-viec/dia-chi",
    "lam-viec/don-vi/phan-cong",
    "lam-viec/don-vi/tiep-nhan",
    "lam-viec/nhat-ky.csv",
    "lam-viec/so-ca/them",
    "lam-viec/tim",
    "lam-viec/tong-dai/chuyen",
    "staff/round.gpx",
    "staff/work-order.pdf",
}
#: Who may take each step of a case of the ward, in some state of it.
STEPS = {
    "accept_itself": "",
    "transfer_itself": "",
    "carry_on": "",
    "ask_location": DESK,
    "give_location": "R",
    "remind_reporter": "",
    "give_claim": DESK,
    "add_recording": DESK,
    "claim": DESK,
    "accept": DESK,
    "refuse": DESK,
    "ask": DESK,
    "give_information": "R",
    "answer": DESK,
    "thank": DESK,
    "point_to_emergency": DESK,
    "withdraw": "R",
    "transfer": DESK,
    "ask_units": DESK,
    "take_up": "",
    "decline": "",
    "merge": DESK,
    "unmerge": DESK,
    "group": DESK,
    "ungroup": DESK,
    "answer_with_incident": "",
    "announce": DESK,
    "change_end": "O S F E L D P",
    "approve_title": DESK,
    "approve_photo": DESK,
    "move": DESK,
    "reclassify": DESK,
    "acknowledge": "F L D P",
    "send_back": WORKS,
    "verify": "F L D P",
    "start": "F L D P",
    "pause": WORKS,
    "resume": "F L D P",
    "note": "O S F E L D P",
    "note_inside": "O S F E L D P",
    "propose_result": WORKS,
    "send_result_back": "O S L D",
    "publish_result": DESK,
    "commit": WORKS,
    "make_safe": WORKS,
    "extend": "L D",
    "direct": "",
    "answer_directive": WORKS,
    "close_directive": "",
    "assign": WORKS,
    "ask_contact": WORKS,
    "grant_contact": DESK,
    "deny_contact": DESK,
    "write": "O S F E L D P",
    "reply": "R",
    "remind": "R",
    "reopen": "R",
    "confirm": WORKS,
    "leave_unclear": WORKS,
    "ask_to_end": WORKS,
    "end_untrue": "",
    "end_unfound": "",
    "agree_duplicate": "",
    "decline_untrue": "",
    "decline_unfound": "",
    "decline_duplicate": "",
    "share": WORKS,
    "end_share": WORKS,
    "approve_result": "",
    "ask_arbiter": DESK,
    "appeal": "",
    "arbitrate": "",
    "transfer_finally": "S",
}
#: By whom a step is taken that no role has by itself.
OTHERWISE = {
    "accept_itself": "by itself, where the decision is settled and undoubted",
    "transfer_itself": "by itself, where the decision is settled and undoubted",
    "carry_on": "by itself, when what it goes along with is withdrawn",
    "remind_reporter": "by itself, when the reporter owes an answer",
    "answer_with_incident": "by itself, with the answer to the incident",
    "take_up": "a unit that was asked whether it is its own",
    "decline": "a unit that was asked whether it is its own",
    "direct": "who leads above the unit, or the city",
    "close_directive": "who leads above the unit, or the city",
}
PAGE = Path(settings.BASE_DIR) / "docs/rights.md"
HOW = (
    "docs/rights.md is behind: script/console shell -c "
    "'from tests.incidents.rights import write; write()'"
)


def page() -> str:
    """Write the tables as a page."""
    parts = [
        "# Who may do what",
        "Written from the tables in `tests/incidents/rights.py`, which "
        "`tests/incidents/test_rights.py` asserts against every address, state and "
        "step of the site. One predicate, `permissions.visible_to`, says which cases "
        "somebody sees: in lists, pages, maps, files, search, figures and media alike. "
        "A role reaches the organisation it is held at and all below it on that day, "
        "for all places or for one.",
        "## Roles",
        _table(("", "role"), [(f"**{each}**", said) for each, said in ROLES.items()]),
        "## Cases of the ward",
        _table(
            ("state", "who sees it"),
            [(str(status), said) for status, said in SEEN.items()],
        ),
        f"A denunciation or complaint that was refused: {QUARANTINED}. The same cases "
        f"of another ward: {ELSEWHERE}. E sees a case that was given to them.",
        "## Contacts",
        "O and S open a contact with a reason. F, E, L, D and P ask for it; O or S "
        "grants it for some hours, or a rule of the city does; nobody does where the "
        "reporter hid the name. Until then a unit reads the reporter's words with "
        "phones, e-mails and plates blotted out, and opens no film, recording or "
        "original photo they sent. Each opening is logged; A and U read the log. "
        "A list of cases with contacts is asked for by S or U and approved by "
        "another: A, U.",
        "## Steps",
        _table(
            ("step", "who takes it"),
            [(f"`{each}`", said or _otherwise(each)) for each, said in STEPS.items()],
        ),
        "## Addresses",
        _table(
            ("address", "whom it lets in"),
            [(f"`/{each}`", said) for each, said in ADDRESSES.items()],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _otherwise(step: str) -> str:
    return OTHERWISE.get(step, "on the way to it only")


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(page())


def _table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [heads, ("---", "---"), *rows]
    return "\n".join(f"| {one} | {other} |" for one, other in lines)
