//! The signals that ask a process to end.

use crate::exit::Failure;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT, which is Ctrl-C, as one stream of requests to end.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

/// What a server is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end.
    End,
    /// To read its certificate again: SIGHUP.
    Reload,
}

impl Signals {
    /// Listens for what ends a server; a hang-up ends nothing.
    pub fn of_server() -> Result<Self, Failure> {
        Ok(Self { hangup: Some(listen(SignalKind::hangup())?), ..Self::of_command()? })
    }

    /// Listens for what ends a command at a terminal. From here on they do not end the process by
    /// themselves.
    pub fn of_command() -> Result<Self, Failure> {
        let terminate = listen(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: listen(SignalKind::interrupt())?, hangup: None })
    }

    /// Waits for what a server is asked to do next. Safe to cancel.
    pub async fn asked(&mut self) -> Asked {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => Asked::End,
            _ = self.interrupt.recv() => Asked::End,
            () = hangup => Asked::Reload,
        }
    }

    /// Waits for the next of them. Safe to cancel.
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|source| Failure::Io { what: "listening for signals".into(), source })
}
