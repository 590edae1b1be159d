//! The cron crate behind one function. It overlaps runs, forgets missed ones and does not wait at shutdown; here a job
//! never overlaps itself, a run that was missed is made up for at the start, and the caller waits for the last one.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

use crate::clock::Moment;

/// A job that has not run for this long is run at the start.
const OVERDUE: Duration = Duration::from_hours(24);

/// Whether a job should run at once when the program starts.
#[must_use]
pub fn is_overdue(last_run: Option<Moment>, now: Moment) -> bool {
    last_run.is_none_or(|last| now.since(last) >= OVERDUE)
}

/// Whether `schedule` is one the scheduler takes.
#[must_use]
pub fn is_valid(schedule: &str) -> bool {
    Job::new(with_seconds(schedule), |_, _| ()).is_ok()
}

/// Runs `job` at the times of `schedule` (five cron fields, UTC), and now if `at_once`, until `stop`.
///
/// # Errors
///
/// If the scheduler does not take the schedule.
pub async fn run<F: Future<Output = ()>>(
    schedule: &str,
    at_once: bool,
    stop: CancellationToken,
    job: impl Fn() -> F,
) -> Result<(), JobSchedulerError> {
    // Room for one: times that pass while the job runs are one run afterwards.
    let (due, mut turns) = mpsc::channel(1);
    let tick = due.clone();
    let mut scheduler = JobScheduler::new().await?;
    let cron = Job::new_tz(with_seconds(schedule), chrono::Utc, move |_, _| {
        // Full: a run is waiting already.
        let _ = tick.try_send(());
    })?;
    scheduler.add(cron).await?;
    scheduler.start().await?;
    if at_once {
        // The channel is empty and open.
        let _ = due.try_send(());
    }
    while stop.run_until_cancelled(turns.recv()).await.flatten().is_some() {
        job().await;
    }
    scheduler.shutdown().await
}

/// The crate wants a field for seconds.
fn with_seconds(schedule: &str) -> String {
    format!("0 {schedule}")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn five_fields_are_taken() {
        assert!(is_valid("0 3 * * *") && is_valid("*/5 * * * 1-5"));
        assert!(!is_valid("0 25 * * *") && !is_valid("at three"));
    }

    #[test]
    fn a_missed_run_is_made_up_for() {
        let day = 24 * 3_600_000;
        assert!(is_overdue(None, Moment(0)) && is_overdue(Some(Moment(0)), Moment(day)));
        assert!(!is_overdue(Some(Moment(1)), Moment(day)));
    }

    #[tokio::test]
    async fn a_run_at_once_is_waited_for() {
        let (runs, stop) = (Cell::new(0), CancellationToken::new());
        let job = || async {
            runs.set(runs.get() + 1);
            stop.cancel();
        };
        run("0 3 * * *", true, stop.clone(), job).await.unwrap();
        assert_eq!(runs.get(), 1);
    }
}
