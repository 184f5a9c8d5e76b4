//! Imports: a finished scan, made from a file that nmap wrote somewhere else.
//!
//! ```text
//! file ─► survey ── no nmap ─► refused
//!            │ addresses, digest, what is lost
//!            ▼
//!         scan, as broken off ─► raw frames with the hosts in them ─► its end
//! ```
//!
//! Nothing is scanned: a scan that is imported has ended from its first moment, so that no start
//! takes it up. The same rules hold as for what a runner reads: whole hosts count, what is cut off
//! does not, and the bytes are kept as they are.

mod survey;

pub use survey::SurveyError;

use crate::{finish, runner::Recorder, system::System};
use netscan_nmap::xml::{Document, Item};
use netscan_schemas::{
    AttemptNo, BatchId, ProjectId, ScanId, Time,
    api::ImportAnswer,
    attempt::{Ending, Outcome, RawInfo, RawInfos, Stream},
    audit::{AuditAction, AuditKind, Origin},
    batch::{BatchStatus, BatchSummary},
    event::{EncodedEvent, Event},
    limits,
    scan::{ScanState, ScanStatus, Tuning},
    stored::{AttemptRecord, BatchRecord, PlanRecord, ScanSpec},
};
use netscan_store::{Ack, Health, ReadError, ScanFilter, ScanView, Store, Write, WriteError};
use std::{
    collections::VecDeque,
    fs::File,
    io::{Read, Seek, SeekFrom},
    sync::Arc,
};
use survey::Survey;

/// The project of imports that name none.
const PROJECT: &str = "Imports";
/// Writes on their way to the store.
const UNSTORED_MAX: usize = 4;
/// Imports of a project that are compared with a new one, the newest.
const COMPARED_MAX: usize = 1000;
/// Scans that are read at once to find them.
const COMPARED_PAGE: usize = 50;

/// What to import as.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The project; `Imports` when there is none.
    pub project_id: Option<ProjectId>,
    /// A name for the scan.
    pub name: Option<String>,
    /// Whether to import bytes again that the project has already.
    pub again: bool,
}

/// Why a file is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no document of nmap, or cannot be read.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// There is no such project.
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// There is too little room on the disk. What was kept of it is gone again.
    #[error("{0}")]
    NoRoom(Health),
    /// The server is going down.
    #[error("the server is going down")]
    Leaving,
}

impl System {
    /// Makes a scan of a file that nmap wrote, whole or cut. The file is read twice. `place` is
    /// held until that is done, which goes on when nobody waits for it any more.
    ///
    /// # Errors
    /// When it is no document of nmap; nothing is kept then.
    pub async fn import(
        &self,
        file: File,
        request: ImportRequest,
        place: impl Send + 'static,
        by: &Origin,
    ) -> Result<ImportAnswer, ImportError> {
        let project = match request.project_id {
            Some(id) => id,
            None => self.project_named(PROJECT, by).await.map_err(|error| match error {
                crate::SubmitError::Read(error) => ImportError::Read(error),
                crate::SubmitError::Write(error) => ImportError::Write(error),
                _ => ImportError::Leaving,
            })?,
        };
        let (store, by) = (Arc::clone(self.store()), by.clone());
        let work = move || {
            let _place = place;
            import(&store, file, project, request, &by)
        };
        // It fails when the work panics, or the runtime goes down.
        tokio::task::spawn_blocking(work).await.map_err(|_| ImportError::Leaving)?
    }
}

fn import(
    store: &Store,
    mut file: File,
    project: ProjectId,
    request: ImportRequest,
    by: &Origin,
) -> Result<ImportAnswer, ImportError> {
    if store.project(project)?.is_none() {
        return Err(ImportError::NoProject(project));
    }
    file.rewind().map_err(SurveyError::Io)?;
    let survey = survey::survey(&mut file)?;
    if !request.again
        && let Some(known) = find_known(store, project, &survey)?
    {
        return Ok(known);
    }
    file.seek(SeekFrom::Start(0)).map_err(SurveyError::Io)?;
    let making = Making::new(store, project, request.name, survey);
    let scan = making.scan;
    let made = making.make(&mut file, by);
    if made.is_err() {
        let mut write = Write::new();
        let entry = Origin::server().did(AuditAction::ScanDelete).on(AuditKind::Scan, scan);
        write.delete_scan(scan).audit(entry.saying("a broken import"));
        // What is there of it would only be in the way; that it cannot go is the same trouble.
        if let Err(error) = store.submit(write).wait() {
            tracing::warn!(scan.id = %scan, %error, "scan {scan}, a broken import, stays: {error}");
        }
    }
    made
}

/// Returns the scan that holds the same bytes, if the project has one.
fn find_known(
    store: &Store,
    project: ProjectId,
    survey: &Survey,
) -> Result<Option<ImportAnswer>, ReadError> {
    let mut filter = ScanFilter {
        project: Some(project),
        descending: true,
        limit: COMPARED_PAGE,
        ..ScanFilter::default()
    };
    let mut compared = 0;
    loop {
        let page = store.scans(&filter)?;
        let Some(last) = page.last() else { return Ok(None) };
        filter.after = Some(last.spec.id);
        for view in page.into_iter().filter(|view| view.spec.is_import()) {
            if let Some(known) = as_known(store, view, survey)? {
                return Ok(Some(known));
            }
            compared += 1;
            if compared == COMPARED_MAX {
                return Ok(None);
            }
        }
    }
}

/// Returns the answer that an import is, if it holds the same bytes.
fn as_known(
    store: &Store,
    view: ScanView,
    survey: &Survey,
) -> Result<Option<ImportAnswer>, ReadError> {
    let Some(batch) = store.batches(view.spec.id, None, 1)?.pop() else { return Ok(None) };
    let attempts = store.attempts(batch.id)?;
    let Some(held) = attempts.first().map(|attempt| &attempt.raw.xml) else { return Ok(None) };
    let is_same = held.blake3 == Some(survey.digest) && held.bytes == survey.bytes;
    Ok(is_same.then(|| ImportAnswer {
        scan_id: view.spec.id,
        batch_id: batch.id,
        is_known: true,
        status: view.state.status,
        verdicts: view.tally.verdicts(&view.spec),
        open_ports: view.tally.open_ports,
        blake3: blake3::Hash::from(survey.digest).to_hex().to_string(),
        warnings: view.spec.warnings,
        error: view.state.error,
    }))
}

/// A scan that is being made of a file.
struct Making<'s> {
    store: &'s Store,
    scan: ScanId,
    survey: Survey,
    spec: ScanSpec,
    batch: BatchRecord,
    attempt: AttemptRecord,
}

impl<'s> Making<'s> {
    fn new(store: &'s Store, project: ProjectId, name: Option<String>, survey: Survey) -> Self {
        let (scan, batch) = (store.next_scan_id(), store.next_batch_id());
        let addresses = survey.hosts.union(&survey.unfinished);
        let now = Time::now();
        let argv: Vec<String> = survey.args.split_whitespace().map(str::to_owned).collect();
        let spec = ScanSpec {
            name,
            targets: addresses.to_ranges(),
            chunk_size: 0,
            concurrency: 0,
            // A rescan chooses both itself.
            tuning: Tuning { chunk_size: true, concurrency: true },
            argv: argv.clone(),
            warnings: survey.warnings.clone(),
            total_targets: addresses.count(),
            ..ScanSpec::new(scan, project, now)
        };
        let attempt = AttemptNo(1);
        let (started_at, finished_at) = (survey.started_at, survey.finished_at);
        Self {
            store,
            scan,
            batch: BatchRecord {
                status: BatchStatus::Failed,
                attempt: Some(attempt),
                charged_attempts: 1,
                started_at,
                finished_at,
                outcome: Some(survey.outcome.clone()),
                ..BatchRecord::new(batch, scan, addresses.clone(), store.epoch())
            },
            attempt: AttemptRecord {
                batch_id: batch,
                attempt,
                epoch: store.epoch(),
                argv,
                addresses,
                pid: None,
                started_at: started_at.unwrap_or(now),
                finished_at: None,
                // Whoever ran it saw its end; the file does not tell.
                ending: Some(Ending::Lost),
                outcome: Some(survey.outcome.clone()),
                cpu_ms: 0,
                finished_hosts: survey.hosts.count(),
                raw: RawInfos::default(),
            },
            spec,
            survey,
        }
    }

    fn make(mut self, file: &mut File, by: &Origin) -> Result<ImportAnswer, ImportError> {
        self.begin(by)?;
        self.attempt.raw.xml = self.keep(file)?;
        let empty = blake3::hash(b"");
        for stream in [Stream::Stdout, Stream::Stderr] {
            self.attempt.raw.get_mut(stream).blake3 = Some(*empty.as_bytes());
        }
        self.end()
    }

    /// Makes the scan as it is to be left if nothing more comes of it.
    fn begin(&self, by: &Origin) -> Result<(), ImportError> {
        let plan = PlanRecord { addresses: self.batch.addresses.clone(), ..PlanRecord::default() };
        let state = ScanState {
            status: ScanStatus::Failed,
            started_at: self.batch.started_at,
            finished_at: self.batch.finished_at,
            cursor: self.spec.total_targets,
            error: Some("the import was broken off; import the file again".into()),
        };
        let mut write = Write::new();
        write.create_scan(&self.spec, &plan);
        write.put_scan_state(self.scan, &state);
        write.put_batch(&self.batch);
        write.put_attempt(&self.attempt);
        let (total_targets, fallback) = (self.spec.total_targets, Vec::new());
        let started = Event::ScanStarted { total_targets, fallback };
        write.event(self.scan, EncodedEvent::now(&started));
        let (project, bytes) = (self.spec.project_id, self.survey.bytes);
        let said = format!("project {project}, {total_targets} targets, {bytes} bytes");
        let entry = by.did(AuditAction::ScanImport).on(AuditKind::Scan, self.scan);
        write.audit(entry.saying(said).digesting(self.survey.digest));
        self.store.submit(write).wait()?;
        Ok(())
    }

    /// Keeps the bytes, and the hosts in them beside the bytes that prove them.
    fn keep(&self, file: &mut File) -> Result<RawInfo, ImportError> {
        let (batch, attempt) = (self.batch.id, self.attempt.attempt);
        let mut recorder = Recorder::new(batch, attempt, Stream::Xml);
        let mut document = Document::new();
        let mut unstored: VecDeque<Ack> = VecDeque::new();
        let mut buffer = vec![0; limits::RAW_FRAME_BYTES];
        loop {
            let count = fill(file, &mut buffer).map_err(SurveyError::Io)?;
            if count == 0 {
                break;
            }
            let health = self.store.health_beside(count as u64).map_err(SurveyError::Io)?;
            if matches!(health, Health::Low { .. } | Health::Full { .. }) {
                return Err(ImportError::NoRoom(health));
            }
            recorder.take(&buffer[..count]);
            document.feed(&buffer[..count]);
            let mut hosts = Vec::new();
            while let Some(item) = document.next_item() {
                if let Item::Host(host) = item {
                    hosts.push(*host);
                }
            }
            let mut write = Write::new();
            if !hosts.is_empty() {
                write.record_hosts(self.scan, batch, attempt, Time::now(), hosts);
            }
            recorder.flush(&mut write).map_err(SurveyError::Io)?;
            unstored.push_back(self.store.submit(write));
            if unstored.len() > UNSTORED_MAX
                && let Some(oldest) = unstored.pop_front()
            {
                oldest.wait()?;
            }
        }
        for ack in unstored {
            ack.wait()?;
        }
        let kept = recorder.seal();
        if kept.blake3 != Some(self.survey.digest) {
            let changed = std::io::Error::other("it changed while it was read");
            return Err(SurveyError::Io(changed).into());
        }
        Ok(kept)
    }

    fn end(mut self) -> Result<ImportAnswer, ImportError> {
        let verdicts = self.store.verdicts(self.batch.id)?;
        let judged = finish::judge(self.store, self.scan, ScanStatus::Running)?;
        let (mut status, mut error) = (judged.status, judged.error.clone());
        if let Some(problem) = self.survey.problem.take() {
            status = ScanStatus::Failed;
            error = Some(match error {
                Some(error) => format!("{problem}; {error}"),
                None => problem,
            });
        }
        let is_complete =
            matches!(self.survey.outcome, Outcome::Complete | Outcome::HostsTimedOut { .. });
        let (started_at, finished_at) = (self.batch.started_at, self.batch.finished_at);
        let duration = started_at.zip(finished_at);
        self.batch.status = if is_complete { BatchStatus::Completed } else { BatchStatus::Failed };
        self.batch.summary = BatchSummary {
            hosts_up: verdicts.up.count(),
            open_ports: verdicts.open_ports,
            hosts_down: verdicts.down.count(),
            hosts_timed_out: verdicts.timed_out.count(),
            duration_ms: duration.map_or(0, |(start, end)| end.millis_since(start)),
        };
        self.attempt.finished_at = Some(finished_at.unwrap_or(self.attempt.started_at));
        let state = ScanState {
            status,
            started_at,
            finished_at: Some(finished_at.unwrap_or(self.spec.created_at)),
            cursor: self.spec.total_targets,
            error: error.clone(),
        };
        let mut write = Write::new();
        write.put_attempt(&self.attempt);
        write.put_batch(&self.batch);
        write.put_scan_state(self.scan, &state);
        write.event(self.scan, EncodedEvent::now(&self.batch_event()));
        let end = finish::End { status, error: error.clone(), ..judged };
        write.event(self.scan, EncodedEvent::now(&end.event()));
        write.audit(end.entry(self.scan));
        self.store.submit(write).wait()?;
        Ok(ImportAnswer {
            scan_id: self.scan,
            batch_id: self.batch.id,
            is_known: false,
            status,
            verdicts: end.verdicts,
            open_ports: verdicts.open_ports,
            blake3: blake3::Hash::from(self.survey.digest).to_hex().to_string(),
            warnings: self.survey.warnings,
            error,
        })
    }

    fn batch_event(&self) -> Event {
        let batch_id: BatchId = self.batch.id;
        if self.batch.status == BatchStatus::Completed {
            return Event::BatchComplete { batch_id, summary: self.batch.summary };
        }
        Event::BatchFailed {
            batch_id,
            reason: self.survey.outcome.as_str().to_owned(),
            detail: self.survey.outcome.to_string(),
            attempt: self.attempt.attempt,
            will_retry: false,
            will_split: false,
            retry_in_ms: None,
            salvaged_hosts: self.survey.hosts.count(),
            remaining_targets: self.survey.unfinished.to_ranges(),
        }
    }
}

/// Fills a buffer as far as the file goes; returns how far.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}
