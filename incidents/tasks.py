"""What the worker runs: one call each."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from . import (
    afterwards,
    areas,
    calls,
    case_exports,
    digests,
    media,
    notifications,
    proof,
    recounting,
    reform,
    rehearsals,
    roots,
    sendings,
    staff_notices,
    staging,
    suggesting,
    tile_counts,
    unanswered,
    watching,
)
from .leading import closing, measuring, ranking, running, weekly

#: So often a job is begun at most, whether it fails or its worker is killed.
ATTEMPTS = 8
PATIENT = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=4)


@app.task(name="incidents.send_notice")
def send_notice(notice_id: int) -> None:
    """Send one notice; when it is tried again, the notice itself says."""
    notifications.send(notice_id, at=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="incidents.ask_for_forgotten_notices",
    queueing_lock="incidents.ask_for_forgotten_notices",
)
def ask_for_forgotten_notices(timestamp: int) -> None:
    """Have sent what is owed and in no queue, whatever happened to its job."""
    now = timezone.now()
    notifications.ask_for_forgotten(at=now)
    staff_notices.ask_for_forgotten(at=now)
    proof.ask_for_forgotten(at=now)
    areas.ask_for_forgotten(at=now)


@app.task(name="incidents.prepare_attachment", retry=PATIENT)
def prepare_attachment(attachment_id: int) -> None:
    """Make what may be shown of one attachment."""
    media.prepare(attachment_id)


@app.task(name="incidents.tell_staff", retry=PATIENT)
def tell_staff(event_id: int) -> None:
    """Find who of the staff hears of an event, and owe each a letter."""
    staff_notices.tell_staff(event_id, at=timezone.now())


@app.task(name="incidents.send_staff_notice")
def send_staff_notice(notice_id: int) -> None:
    """Send one letter to one of the staff; it says itself when it is tried again."""
    staff_notices.send(notice_id, at=timezone.now())


@app.periodic(cron="17 * * * *")
@app.task(name="incidents.sweep_staged_files")
def sweep_staged_files(timestamp: int) -> None:
    """Drop the files sent ahead of reports that never came."""
    staging.sweep(at=timezone.now())


@app.task(name="incidents.send_one_time_code")
def send_one_time_code(code_id: int) -> None:
    """Send the digits that prove whose contact it is; tried again as a notice is."""
    proof.send(code_id, at=timezone.now())


@app.periodic(cron="53 * * * *")
@app.task(name="incidents.sweep_one_time_codes")
def sweep_one_time_codes(timestamp: int) -> None:
    """Forget the one-time codes of yesterday, and the addresses they were for."""
    proof.sweep(at=timezone.now())


@app.periodic(cron="11 * * * *")
@app.task(
    name="incidents.remind_of_questions",
    lock="incidents.remind_of_questions",
    queueing_lock="incidents.remind_of_questions",
)
def remind_of_questions(timestamp: int) -> None:
    """Remind reporters who were asked something and have not answered in time."""
    unanswered.remind_due(at=timezone.now())


@app.periodic(cron="41 * * * *")
@app.task(name="incidents.sweep_call_drafts")
def sweep_call_drafts(timestamp: int) -> None:
    """Throw away the calls that nobody came back to finish."""
    calls.sweep_drafts(at=timezone.now())


@app.periodic(cron="29 3 * * *")
@app.task(name="incidents.sweep_sendings")
def sweep_sendings(timestamp: int) -> None:
    """Forget what phones sent so long ago that none sends it again."""
    sendings.sweep(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="incidents.send_digests", lock="incidents.send_digests")
def send_digests(timestamp: int) -> None:
    """Send the morning's letters once it is time; what is still owed goes out later."""
    digests.send_due(at=timezone.now())


@app.task(name="incidents.send_area_letter")
def send_area_letter(letter_id: int) -> None:
    """Send one letter to who follows a ward; it says itself when it is tried again."""
    areas.send(letter_id, at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="incidents.owe_area_news", lock="incidents.owe_area_news")
def owe_area_news(timestamp: int) -> None:
    """Owe the evening's letters to who follows a ward, once it is time."""
    areas.owe_news(at=timezone.now())


@app.periodic(cron="37 3 * * *")
@app.task(name="incidents.sweep_areas")
def sweep_areas(timestamp: int) -> None:
    """Forget who never said that they wish to follow, and what ended long ago."""
    areas.sweep(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="incidents.send_weekly_letters", lock="incidents.send_weekly_letters")
def send_weekly_letters(timestamp: int) -> None:
    """Send the letters about the last week on the first working morning of this one."""
    weekly.send_due(at=timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(name="incidents.make_daily_roots", lock="incidents.make_daily_roots")
def make_daily_roots(timestamp: int) -> None:
    """Seal the histories of the days that are over; soon after midnight, or later."""
    roots.make_due(at=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(name="incidents.train_suggestions", lock="incidents.train_suggestions")
def train_suggestions(timestamp: int) -> None:
    """Learn anew which category texts are about, where there is more to learn from."""
    suggesting.train_if_due(settings.CITY_DIR, at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="incidents.look_afterwards", lock="incidents.look_afterwards")
def look_afterwards(timestamp: int) -> None:
    """Bring bad ratings to who leads the unit, and ask followers if it is done."""
    now = timezone.now()
    afterwards.raise_concerns(at=now)
    afterwards.ask_followers(at=now)


@app.task(name=rehearsals.TASK, retry=PATIENT)
def run_rehearsal(rehearsal_id: int) -> None:
    """Weigh the reports that came by a draft of the map or the rules."""
    rehearsals.run(rehearsal_id, at=timezone.now())


@app.task(name=case_exports.TASK, retry=PATIENT)
def make_export(export_id: int) -> None:
    """Write one list of cases with who reported them, once a second person let it."""
    case_exports.make(export_id, at=timezone.now())


@app.periodic(cron="31 * * * *")
@app.task(name="incidents.sweep_exports")
def sweep_exports(timestamp: int) -> None:
    """Delete the lists with contacts whose time is over."""
    case_exports.sweep_exports(at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="incidents.carry_out_reform",
    lock="incidents.carry_out_reform",
    queueing_lock="incidents.carry_out_reform",
)
def carry_out_reform(timestamp: int) -> None:
    """Hand cases over soon after the midnight on which units or boundaries changed.

    Where no worker ran then, the first one that starts does; what one that was killed
    had begun, the next one ends.
    """
    at = timezone.now()
    if (on := reform.due(at=at)) is not None:
        reform.hand_over(on=on, at=at)


@app.task(name=recounting.TASK, retry=PATIENT)
def recount_clocks(recount_id: int) -> None:
    """Let the running clocks follow a changed calendar."""
    recounting.recount(recount_id, at=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="incidents.watch_clocks",
    queueing_lock="incidents.watch_clocks",
    priority=notifications.FIRST,
)
def watch_clocks(timestamp: int) -> None:
    """End pauses, remind before dates, and tell who must hear after them.

    Two at once tell of each thing once; after a standstill one run makes up for all.
    """
    watching.watch(at=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="incidents.measure_cases",
    lock="incidents.measure_cases",
    queueing_lock="incidents.measure_cases",
)
def measure_cases(timestamp: int) -> None:
    """Measure anew the cases that changed, for the figures of who leads."""
    now = timezone.now()
    measuring.measure(at=now)
    running.keep_running(at=now)


@app.periodic(cron="4 * * * *")
@app.task(name="incidents.close_periods", lock="incidents.close_periods")
def close_periods(timestamp: int) -> None:
    """Keep the figures of a period that is over, and publish a ranking that is due."""
    now = timezone.now()
    closing.close_due(at=now)
    ranking.publish_due(at=now)


@app.periodic(cron="47 3 * * *")
@app.task(name="incidents.note_corrections", lock="incidents.close_periods")
def note_corrections(timestamp: int) -> None:
    """Note in the night what closed figures would be by what is known now."""
    closing.note_corrections(at=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="incidents.fold_tile_counts",
    lock="incidents.fold_tile_counts",
    queueing_lock="incidents.fold_tile_counts",
)
def fold_tile_counts(timestamp: int) -> None:
    """Fold what changed on the map into the counts, so that no tile reads it long."""
    tile_counts.fold()


@app.periodic(cron="*/5 * * * *")
@app.task(name="incidents.take_up_again")
async def take_up_again(timestamp: int) -> None:
    """Give back to the queue what a worker that was killed had in hand.

    Until then it would be owed for ever, and hold what it has locked: one kill in the
    morning would end the digests of all mornings. What kills each worker is given up.
    """
    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs():
        if job.attempts < ATTEMPTS:
            await jobs.retry_job(job)
        else:
            await jobs.finish_job(job, status=Status.FAILED, delete_job=False)
