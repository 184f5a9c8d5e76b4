//! Runner: the actor that owns one attempt, which is one nmap process.
//!
//! ```text
//! Batch ── Runner ── driver task ── Process (pipes, control, slot)
//!                        │ hosts, lines, raw frames ──► store ──► hub ──► clients
//!                        └ Report ──► Runner ──► Batch
//! ```
//!
//! The driver is a task so that the actor stays free to hear a stop. Whatever ends the actor drops
//! the driver, which drops the process's control, which kills the process group.

mod core;
mod driver;
mod gather;
mod pulse;
mod recorder;
mod signs;
#[cfg(test)]
mod tests;

pub use self::{
    driver::{Job, Report},
    pulse::Pulse,
    recorder::Recorder,
    signs::Signs,
};

use netscan_schemas::{
    attempt::StopReason,
    id::{AttemptNo, BatchId},
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// What a runner is told.
pub enum RunnerMsg {
    /// End the attempt; a graver reason replaces a milder one.
    Stop(StopReason),
    /// The driver is done, or died.
    Driven(Result<Box<Report>, String>),
}

/// What a runner tells its batch, once.
pub type Deliver = Box<dyn FnOnce(Box<Report>) + Send>;

/// The actor.
pub struct Runner;

/// What the actor is started with.
pub struct RunnerArgs {
    /// The attempt to make.
    pub job: Job,
    /// Why the attempt is to end at once, if a stop came before it began.
    pub stop: Option<StopReason>,
    /// Where the report goes.
    pub deliver: Deliver,
}

/// The actor's state.
pub struct RunnerState {
    stop: watch::Sender<Option<StopReason>>,
    deliver: Option<Deliver>,
    label: (BatchId, AttemptNo),
    _driver: AbortOnDropHandle<()>,
}

impl Actor for Runner {
    type Msg = RunnerMsg;
    type State = RunnerState;
    type Arguments = RunnerArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<RunnerMsg>,
        RunnerArgs { job, stop, deliver }: RunnerArgs,
    ) -> Result<RunnerState, ActorProcessingErr> {
        let label = (job.batch, job.attempt);
        let (stop, stops) = watch::channel(stop);
        let driver = tokio::spawn(async move {
            // A task of its own, so that a panic in it arrives here as a value.
            let drive = AbortOnDropHandle::new(tokio::spawn(driver::drive(job, stops)));
            let driven = drive.await.map(Box::new).map_err(|error| error.to_string());
            let _ = myself.cast(RunnerMsg::Driven(driven)); // the actor may be gone
        });
        let _driver = AbortOnDropHandle::new(driver);
        Ok(RunnerState { stop, deliver: Some(deliver), label, _driver })
    }

    async fn handle(
        &self,
        myself: ActorRef<RunnerMsg>,
        message: RunnerMsg,
        state: &mut RunnerState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            RunnerMsg::Stop(reason) => {
                state.stop.send_if_modified(|held| {
                    let is_news = held.is_none_or(|held| reason > held);
                    if is_news {
                        *held = Some(reason);
                    }
                    is_news
                });
            }
            RunnerMsg::Driven(Ok(report)) => {
                if let Some(deliver) = state.deliver.take() {
                    deliver(report);
                }
                myself.stop(None);
            }
            RunnerMsg::Driven(Err(error)) => {
                let (batch, attempt) = state.label;
                return Err(format!("batch {batch} attempt {attempt}: {error}").into());
            }
        }
        Ok(())
    }
}
