"""The workshop of the map, as its administrator uses it, page by page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from gis_data import receiving
from gis_data.models import (
    Asset,
    Boundary,
    Edition,
    MapChange,
    MapFile,
    PlaceSuccession,
)
from gis_data.publishing import outline_source
from incidents.models import Membership, Rehearsal
from incidents.rehearsals import run
from mapui.views.workshop import REHEARSALS
from mapui.views.workshop_rehearsals import BYTES_AT_MOST
from tests.factories import (
    AssetFactory,
    MembershipFactory,
    PlaceFactory,
    PlaceKindFactory,
    operator,
    square,
)
from tests.factories.workshop import (
    RehearsalFactory,
    drafted,
    map_file,
    map_keeper,
    reported_file,
)

pytestmark = pytest.mark.django_db

WORKSHOP = reverse("mapui:workshop")
SEND = reverse("mapui:workshop-send")
REHEARSE = reverse("mapui:workshop-rehearse")
NEXT_YEAR = date(localdate().year + 1, 1, 1)
WEST, EAST = (106.65, 10.75, 106.75, 10.85), (106.75, 10.75, 106.85, 10.85)


@pytest.fixture
def keeper(client):
    """Who keeps the map, and has signed in."""
    actor = map_keeper()
    client.force_login(actor.user)
    return actor


@pytest.fixture
def draft(ward, keeper):
    """A draft from next year on: the ward lies elsewhere, and has a neighbour."""
    return drafted(by=keeper.user, kind="ward", on=NEXT_YEAR, a=EAST, b=WEST)


def page_of(client, address, status=200, **asked):
    answer = client.get(address, asked)
    assert answer.status_code == status, answer
    return " ".join(answer.content.decode().split())


def work_off(sent):
    """Let the worker do the step that the file waits for."""
    receiving.work_on(sent.pk, at=timezone.now())
    sent.refresh_from_db()


def test_a_kind_that_a_reform_ended_is_not_asked_for(client, ward, keeper):
    former = PlaceKindFactory.create(code="former_ward", name="Phường cũ")
    other = PlaceKindFactory.create(code="power", rank=None, name="Địa bàn điện")
    gone = PlaceFactory.create(kind=former)
    PlaceSuccession.objects.create(
        predecessor=gone, successor=ward, on=date(2025, 7, 1), is_official=True
    )

    said = page_of(client, WORKSHOP)

    assert f"Chưa có ranh giới “{former.name}”" not in said
    assert f"Chưa có ranh giới “{other.name}”" in said


def test_sources_and_kinds_are_said_in_words(client, ward, keeper):
    AssetFactory.create(kind="road")
    Edition.objects.filter(kind=ward.kind).update(source=outline_source(ward.kind))

    said = page_of(client, WORKSHOP)

    assert "outline of" not in said
    assert "<b>Đường</b>" in said


def test_only_who_keeps_the_map_finds_the_workshop(client, ward):
    client.force_login(operator().user)
    desk = client.get(WORKSHOP).status_code
    role = Membership.Role.ADMINISTRATOR
    client.force_login(MembershipFactory.create(role=role).user)
    unit = client.get(WORKSHOP).status_code
    client.logout()

    stranger = client.get(WORKSHOP)

    assert (desk, unit) == (404, 404)
    assert stranger.url.startswith("/accounts/login")


def test_the_list_says_what_is_in_force_and_what_to_do_next(client, keeper, draft):
    said = page_of(client, WORKSHOP)

    assert "<b>1</b> ranh giới, có hiệu lực từ" in said
    assert f"Chạy thử bản nháp “ward” (từ {NEXT_YEAR:%d/%m/%Y})" in said
    assert "Đã lập bản nháp" in said
    assert keeper.user.label in said


def test_a_file_becomes_a_draft_only_after_its_report(client, ward, keeper):
    told = SimpleUploadedFile("phuong.geojson", map_file(a=WEST, b=EAST).read())
    client.post(SEND, {"what": "boundaries", "file": told})
    sent = MapFile.objects.get()
    here = reverse("mapui:workshop-file", args=[sent.pk])

    waiting = page_of(client, here)
    work_off(sent)
    asking = page_of(client, here)
    reading = {"kind": "ward", "on": NEXT_YEAR.isoformat(), "code": "code"}
    client.post(here, reading | {"name": "name", "note": "Nghị quyết 1"})
    work_off(sent)
    report = page_of(client, here)
    early = Edition.objects.filter(published_at=None).count()
    client.post(reverse("mapui:workshop-file-keep", args=[sent.pk]))
    work_off(sent)

    assert "<progress" in waiting
    assert '<option value="code" selected>' in asking
    assert "2 ranh giới" in report
    assert early == 0
    draft = Edition.objects.get(published_at=None)
    assert (draft.starts_on, draft.note, draft.made_by) == (
        NEXT_YEAR,
        "Nghị quyết 1",
        keeper.user,
    )
    codes = MapChange.objects.order_by("pk").values_list("code", "by")
    assert list(codes) == [
        ("file_sent", keeper.user.pk),
        ("draft_kept", keeper.user.pk),
    ]


def test_a_broken_file_names_row_and_cause_and_what_was_asked_stays(
    client, ward, keeper
):
    body = map_file(a=WEST, b=EAST).read().replace(b'"code": "b"', b'"code": "a"')
    client.post(
        SEND, {"what": "boundaries", "file": SimpleUploadedFile("sai.geojson", body)}
    )
    sent = MapFile.objects.get()
    here = reverse("mapui:workshop-file", args=[sent.pk])
    work_off(sent)
    asked = {"kind": "ward", "on": NEXT_YEAR.isoformat(), "code": "code"}

    client.post(here, asked | {"name": "name", "note": "Nghị quyết 7"})
    work_off(sent)
    said = page_of(client, here)

    assert "sai.geojson: đối tượng 2 (a)" in said
    assert 'value="Nghị quyết 7"' in said
    assert f'value="{NEXT_YEAR.isoformat()}"' in said
    assert not Edition.objects.filter(published_at=None).exists()


def test_a_form_that_is_not_filled_in_is_shown_again(client, ward, keeper):
    sent = reported_file(
        by=keeper.user, kind=ward.kind, on=NEXT_YEAR, a=square(106.65, 10.75)
    )
    here = reverse("mapui:workshop-file", args=[sent.pk])

    answer = client.post(here, {"kind": "ward", "on": "", "note": "Còn đây"})

    assert answer.status_code == 422
    assert "Hãy cho biết ngày đầu áp dụng." in answer.content.decode()
    assert 'value="Còn đây"' in answer.content.decode()


def test_the_report_says_where_neighbours_overlap(client, ward, keeper):
    overlapping = {"a": square(106.65, 10.75), "b": square(106.7499, 10.75)}
    sent = reported_file(by=keeper.user, kind=ward.kind, on=NEXT_YEAR, **overlapping)

    said = page_of(client, reverse("mapui:workshop-file", args=[sent.pk]))

    assert "<b>1</b> Chồng lấn" in said
    assert "Ward a, Ward b" in said
    assert "data-at=" in said
    assert 'badge is-late">lớn' in said


def test_assets_are_counted_before_they_are_kept(client, ward, keeper):
    told = SimpleUploadedFile("duong.geojson", map_file(r1=WEST, r2=EAST).read())
    client.post(SEND, {"what": "assets", "file": told})
    sent = MapFile.objects.get()
    here = reverse("mapui:workshop-file", args=[sent.pk])
    work_off(sent)
    client.post(
        here, {"kind": "road", "on": "2026-01-01", "code": "code", "name": "name"}
    )
    work_off(sent)

    said = page_of(client, here)
    before = Asset.objects.count()
    client.post(reverse("mapui:workshop-file-keep", args=[sent.pk]))
    work_off(sent)

    assert "<b>2</b> mới" in said
    assert (before, Asset.objects.count()) == (0, 2)
    assert MapChange.objects.filter(code="assets_kept", by=keeper.user).exists()


def test_a_draft_shows_what_it_changes(client, draft):
    here = reverse("mapui:workshop-edition", args=[draft.pk])

    said = page_of(client, here)
    drawn = client.get(here + "/ban-do.json").json()

    assert "vẽ lại" in said
    assert {each["properties"]["what"] for each in drawn["features"]} == {
        "redrawn",
        "opened",
    }


def test_a_draft_is_put_in_force_by_who_types_its_day(client, keeper, draft):
    there = reverse("mapui:workshop-activate", args=[draft.pk])

    wrong = client.post(there, {"word": "hôm nay", "version": draft.version})
    still = Edition.objects.get(pk=draft.pk).published_at
    client.post(there, {"word": f"{NEXT_YEAR:%d/%m/%Y}", "version": draft.version})

    assert (wrong.status_code, still) == (422, None)
    assert Boundary.objects.known().in_force(on=NEXT_YEAR).count() == 2
    signed = MapChange.objects.get(code="activated")
    assert (signed.by, signed.edition) == (keeper.user, draft)


def test_a_draft_that_was_drawn_on_meanwhile_is_not_put_in_force(client, draft):
    there = reverse("mapui:workshop-activate", args=[draft.pk])
    Edition.objects.filter(pk=draft.pk).update(version=draft.version + 1)

    answer = client.post(
        there, {"word": f"{NEXT_YEAR:%d/%m/%Y}", "version": draft.version}
    )

    assert answer.status_code == 409
    assert "Chưa có gì được thực hiện" in answer.content.decode()
    assert Edition.objects.get(pk=draft.pk).published_at is None


def test_the_newest_edition_is_rolled_back_and_signed(client, keeper, draft):
    word = f"{NEXT_YEAR:%d/%m/%Y}"
    client.post(
        reverse("mapui:workshop-activate", args=[draft.pk]),
        {"word": word, "version": draft.version},
    )

    client.post(reverse("mapui:workshop-roll-back", args=[draft.pk]), {"word": word})

    held = Boundary.objects.known().in_force(on=NEXT_YEAR)
    assert list(held.values_list("place__code", flat=True)) == ["a"]
    assert MapChange.objects.get(code="rolled_back").by == keeper.user


def test_a_draft_is_thrown_away_and_that_stays_on_record(client, keeper, draft):
    there = reverse("mapui:workshop-discard", args=[draft.pk])

    client.post(there, {"version": draft.version})

    assert not Edition.objects.filter(pk=draft.pk).exists()
    assert MapChange.objects.get(code="draft_discarded").by == keeper.user


def test_an_edited_table_with_a_wrong_row_is_refused_and_kept_in_the_form(
    client, keeper, leaf
):
    table = client.get(reverse("mapui:workshop-rules-table")).content.decode(
        "utf-8-sig"
    )
    wrong = table.replace("ubnd-a", "ubnd-khong-co")

    answer = client.post(REHEARSE, {"months": 3, "rules": wrong})

    said = answer.content.decode()
    assert answer.status_code == 422
    assert "dòng 2" in said
    assert "ubnd-khong-co" in said
    assert not Rehearsal.objects.exists()


def test_a_rehearsal_is_asked_for_and_read(client, keeper, leaf, draft):
    asked = {"months": 3, "edition": draft.pk, "on": NEXT_YEAR.isoformat()}

    client.post(REHEARSE, asked)
    rehearsal = Rehearsal.objects.get()
    here = reverse("mapui:workshop-rehearsal", args=[rehearsal.pk])
    running = page_of(client, here)
    run(rehearsal.pk, at=rehearsal.asked_at + timedelta(minutes=1))
    said = page_of(client, here)

    assert "Đang xét lại các phản ánh" in running
    assert "không có phản ánh nào" in said
    assert rehearsal.asked_by == keeper.user


def test_what_came_out_is_a_sentence_a_matrix_and_files(client, keeper):
    here = reverse("mapui:workshop-rehearsal", args=[RehearsalFactory.create().pk])

    said = page_of(client, here)
    moved = client.get(here + "/moved.csv").content.decode("utf-8-sig")

    assert "Trong 3 phản ánh, 2 vụ sẽ về đơn vị khác." in said
    assert "→ UBND phường B" in said
    assert "106.7,10.8" in said
    assert moved.splitlines()[1] == "ubnd-a,UBND phường A,ubnd-b,UBND phường B,2"
    assert client.get(here + "/contacts.csv").status_code == 404


def test_a_rehearsal_that_failed_counts_as_none_and_leads_to_why(client, keeper, draft):
    failed = RehearsalFactory.create(edition=draft, told=None, failure="Dòng 3 sai.")
    here = reverse("mapui:workshop-edition", args=[draft.pk])

    told = page_of(client, here)
    sure = page_of(client, reverse("mapui:workshop-activate", args=[draft.pk]))
    waiting = page_of(client, WORKSHOP)

    assert reverse("mapui:workshop-rehearsal", args=[failed.pk]) in told
    assert "Lần chạy thử không thành công" in told
    assert "không có phản ánh nào" not in told
    assert "Bản nháp này chưa chạy thử" in sure
    assert f"Chạy thử bản nháp “ward” (từ {NEXT_YEAR:%d/%m/%Y})" in waiting


def test_a_draft_rehearsed_long_ago_is_not_asked_to_be_again(client, keeper, draft):
    RehearsalFactory.create(edition=draft)
    RehearsalFactory.create_batch(REHEARSALS)

    waiting = page_of(client, WORKSHOP)

    assert "Chạy thử bản nháp “ward”" not in waiting


@pytest.mark.parametrize("bbox", ["", "1,2,3", "nan,nan,nan,nan", "-inf,0,inf,1", "a"])
def test_a_view_that_is_none_shows_nothing_to_draw_along(client, keeper, bbox):
    answer = client.get(reverse("mapui:drawing-nearby"), {"bbox": bbox})

    assert answer.status_code == 404


def test_a_file_larger_than_any_table_of_rules_is_refused_unread(client, keeper):
    heavy = SimpleUploadedFile("rules.csv", b"\xff" * (BYTES_AT_MOST + 1))

    answer = client.post(REHEARSE, {"months": "3", "file": heavy})

    assert answer.status_code == 422
    assert "Tệp lớn hơn mọi bảng phân công" in answer.content.decode()


def test_names_in_the_files_are_no_formulas(client, keeper):
    rehearsal = RehearsalFactory.create()
    rehearsal.told["names"]["ubnd-a"] = "=1+1"
    rehearsal.told["idle"][0]["legal_basis"] = "@SUM(A1)"
    rehearsal.save()
    here = reverse("mapui:workshop-rehearsal", args=[rehearsal.pk])

    moved, idle = (
        client.get(f"{here}/{part}.csv").content.decode("utf-8-sig")
        for part in ("moved", "idle")
    )

    assert moved.splitlines()[1] == "ubnd-a,'=1+1,ubnd-b,UBND phường B,2"
    assert ",'@SUM(A1)," in idle


def test_rules_are_filtered_by_who_answers(client, keeper, leaf):
    there = reverse("mapui:workshop-rules")

    said = page_of(client, there, unit="ubnd-a")
    nothing = page_of(client, there, unit="ubnd-khac")

    assert "Mất nắp cống" in said
    assert "Ngày đó không có phân công nào như vậy." in nothing


def test_a_file_whose_worker_is_silent_can_be_thrown_away(client, ward, keeper):
    sent = receiving.send(
        map_file(a=WEST), what="boundaries", by=keeper.user, at=timezone.now()
    )
    here = reverse("mapui:workshop-file", args=[sent.pk])
    at_once = page_of(client, here)
    MapFile.objects.update(since=timezone.now() - timedelta(hours=1))

    later = page_of(client, here)
    client.post(reverse("mapui:workshop-file-drop", args=[sent.pk]))

    assert "Lâu hơn bình thường" not in at_once
    assert "Lâu hơn bình thường" in later
    assert "Bỏ tệp này" in later
    assert not MapFile.objects.exists()
