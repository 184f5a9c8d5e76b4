//! Batches, their attempts and verdicts, and raw output.

use super::{decode_attempt, get, misplaced, require};
use crate::{
    Store,
    codec::CodecError,
    error::ReadError,
    raw,
    rows::RAW_FRAME,
    tables::{
        ATTEMPTS, BATCHES, BATCHES_BY_SCAN, RAW, TALLIES, VERDICTS, attempts_under, stream_number,
    },
};
use netscan_schemas::{
    AddressSet, Interval,
    attempt::{RawInfo, Stream},
    batch::{BatchStatus, Phase},
    id::{AttemptNo, BatchId, ScanId},
    stored::{AttemptRecord, BatchRecord, TallyRecord, VerdictsRecord},
};
use redb::ReadTransaction;
use std::collections::BTreeMap;

/// How far a step of a staged plan is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The addresses that its ended batches have passed on to the next one.
    pub passed: AddressSet,
    /// The addresses that are in its batches, ended or not.
    pub in_batches: AddressSet,
}

impl Store {
    /// Returns a batch.
    pub fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>, ReadError> {
        self.read(|txn| get(&txn.open_table(BATCHES)?, id.get()))
    }

    /// Returns batches of a scan in the order of their numbers, those after a number.
    pub fn batches(
        &self,
        scan: ScanId,
        after: Option<BatchId>,
        limit: usize,
    ) -> Result<Vec<BatchRecord>, ReadError> {
        self.read(|txn| batches(txn, scan, after, limit, |_| true))
    }

    /// Returns the batches of a scan that have not ended.
    pub fn batches_open(&self, scan: ScanId) -> Result<Vec<BatchRecord>, ReadError> {
        self.read(|txn| batches(txn, scan, None, usize::MAX, |batch| !batch.status.has_ended()))
    }

    /// Returns the verdicts of a batch, empty before the first.
    pub fn verdicts(&self, batch: BatchId) -> Result<VerdictsRecord, ReadError> {
        self.read(|txn| Ok(get(&txn.open_table(VERDICTS)?, batch.get())?.unwrap_or_default()))
    }

    /// Returns the verdicts of some batches of a scan, those after a number: of so
    /// many batches, without those that have none yet. The number of the last one looked at comes
    /// first; none at the end.
    pub fn verdicts_after(
        &self,
        scan: ScanId,
        after: Option<BatchId>,
        limit: usize,
    ) -> Result<(Option<BatchId>, Vec<VerdictsRecord>), ReadError> {
        self.read(|txn| {
            let table = txn.open_table(VERDICTS)?;
            let (mut last, mut found) = (None, Vec::new());
            for batch in numbers(txn, scan, after)?.take(limit) {
                let batch = batch?;
                last = BatchId::new(batch);
                found.extend(get::<VerdictsRecord>(&table, batch)?);
            }
            Ok((last, found))
        })
    }

    /// Returns the batches of a scan that run, the newest first.
    pub fn batches_running(&self, scan: ScanId) -> Result<Vec<BatchRecord>, ReadError> {
        let mut found = Vec::new();
        self.read(|txn| {
            let tally: Option<TallyRecord> = get(&txn.open_table(TALLIES)?, scan.get())?;
            let running = tally.map_or(0, |tally| tally.in_state(BatchStatus::Running));
            let running = usize::try_from(running).unwrap_or(usize::MAX);
            let table = txn.open_table(BATCHES)?;
            // They are among the newest: what is told to be there is found without all others.
            let range = (scan.get(), 0)..=(scan.get(), u64::MAX);
            for key in txn.open_table(BATCHES_BY_SCAN)?.range(range)?.rev() {
                if found.len() >= running {
                    break;
                }
                let batch: BatchRecord = require(&table, key?.0.value().1)?;
                if batch.scan_id != scan {
                    return Err(misplaced::<BatchRecord>(batch.id.get()));
                }
                if batch.status == BatchStatus::Running {
                    found.push(batch);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Returns how far the steps of a staged plan are: of each step, the addresses that ended batches
    /// have passed on, and those that are in its batches.
    pub fn steps(&self, scan: ScanId) -> Result<BTreeMap<Phase, Step>, ReadError> {
        self.read(|txn| {
            let verdicts = txn.open_table(VERDICTS)?;
            let mut runs: BTreeMap<Phase, (Vec<Interval>, Vec<Interval>)> = BTreeMap::new();
            for batch in batches(txn, scan, None, usize::MAX, |batch| batch.phase.is_some())? {
                let Some(phase) = batch.phase else { continue };
                let (passed, in_batches) = runs.entry(phase).or_default();
                in_batches.extend_from_slice(batch.addresses.intervals());
                if batch.status.has_ended() {
                    let of_batch = get::<VerdictsRecord>(&verdicts, batch.id.get())?;
                    let of_batch = of_batch.unwrap_or_default();
                    passed.extend_from_slice(of_batch.passed.intervals());
                }
            }
            let step = |(phase, (passed, in_batches))| {
                let passed = AddressSet::from_intervals(passed);
                (phase, Step { passed, in_batches: AddressSet::from_intervals(in_batches) })
            };
            Ok(runs.into_iter().map(step).collect())
        })
    }

    /// Returns the verdicts of all batches of a scan together; what was passed on is none.
    pub fn scan_verdicts(&self, scan: ScanId) -> Result<VerdictsRecord, ReadError> {
        self.read(|txn| {
            let verdicts = txn.open_table(VERDICTS)?;
            let (mut up, mut down, mut timed_out) = (Vec::new(), Vec::new(), Vec::new());
            let mut open_ports = 0;
            for batch in numbers(txn, scan, None)? {
                let Some(of_batch) = get::<VerdictsRecord>(&verdicts, batch?)? else { continue };
                up.extend_from_slice(of_batch.up.intervals());
                down.extend_from_slice(of_batch.down.intervals());
                timed_out.extend_from_slice(of_batch.timed_out.intervals());
                open_ports += of_batch.open_ports;
            }
            Ok(VerdictsRecord {
                up: AddressSet::from_intervals(up),
                down: AddressSet::from_intervals(down),
                timed_out: AddressSet::from_intervals(timed_out),
                open_ports,
                passed: AddressSet::new(),
            })
        })
    }

    /// Returns the attempts at a batch, the first one first.
    pub fn attempts(&self, batch: BatchId) -> Result<Vec<AttemptRecord>, ReadError> {
        self.read(|txn| {
            let mut attempts = Vec::new();
            for row in txn.open_table(ATTEMPTS)?.range(attempts_under(batch.get()))? {
                let (key, bytes) = row?;
                attempts.push(decode_attempt(bytes.value(), key.value())?);
            }
            Ok(attempts)
        })
    }

    /// Returns a frame of raw output, decompressed; frames are numbered from 0, and the first one
    /// that is missing is the end.
    pub fn raw_frame(
        &self,
        batch: BatchId,
        attempt: AttemptNo,
        stream: Stream,
        frame: u32,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.sized_frame(batch, attempt, stream, frame)?.map(|(_, bytes)| bytes))
    }

    /// Returns what the frames of a stream add up to: for an attempt whose end nobody recorded.
    pub fn raw_info(
        &self,
        batch: BatchId,
        attempt: AttemptNo,
        stream: Stream,
    ) -> Result<RawInfo, ReadError> {
        let mut hasher = blake3::Hasher::new();
        let mut info = RawInfo::default();
        while let Some((stored, bytes)) = self.sized_frame(batch, attempt, stream, info.frames)? {
            hasher.update(&bytes);
            info.bytes += bytes.len() as u64;
            info.stored_bytes += stored as u64;
            info.frames += 1;
        }
        info.blake3 = Some(*hasher.finalize().as_bytes());
        Ok(info)
    }

    /// Compares what is stored of a stream with what its attempt's record says: the number of its
    /// frames, its length and its digest. While an attempt runs, its record says nothing yet.
    ///
    /// Reads all of the stream, a frame at a time.
    pub fn verify_raw(&self, attempt: &AttemptRecord, stream: Stream) -> Result<(), ReadError> {
        if attempt.finished_at.is_none() {
            return Ok(());
        }
        let told = attempt.raw.get(stream);
        let found = self.raw_info(attempt.batch_id, attempt.attempt, stream)?;
        let as_told = found.frames == told.frames
            && found.bytes == told.bytes
            && told.blake3.is_none_or(|digest| Some(digest) == found.blake3);
        if as_told {
            return Ok(());
        }
        let kind = "raw-output";
        let key = format!("{}/{}/{stream}", attempt.batch_id, attempt.attempt);
        Err(ReadError::Damaged { kind, key, source: CodecError::Checksum { kind } })
    }

    /// Returns a frame decompressed, with the bytes that it takes in the store.
    fn sized_frame(
        &self,
        batch: BatchId,
        attempt: AttemptNo,
        stream: Stream,
        frame: u32,
    ) -> Result<Option<(usize, Vec<u8>)>, ReadError> {
        let key = (batch.get(), attempt.0, stream_number(stream), frame);
        let packed = self.read(|txn| {
            let packed = txn.open_table(RAW)?.get(key)?;
            Ok(packed.map(|packed| packed.value().to_vec()))
        })?;
        let unpack = |packed: Vec<u8>| Ok((packed.len(), raw::decompress(&packed)?));
        let unpacked: Option<std::io::Result<_>> = packed.map(unpack);

        unpacked.transpose().map_err(|error| {
            let kind = RAW_FRAME;
            let key = format!("{batch}/{attempt}/{stream}/{frame}");
            let source = CodecError::Decode { kind, why: error.to_string() };
            ReadError::Damaged { kind, key, source }
        })
    }
}

fn batches(
    txn: &ReadTransaction,
    scan: ScanId,
    after: Option<BatchId>,
    limit: usize,
    wanted: impl Fn(&BatchRecord) -> bool,
) -> Result<Vec<BatchRecord>, ReadError> {
    let table = txn.open_table(BATCHES)?;
    let mut batches = Vec::new();
    for number in numbers(txn, scan, after)? {
        if batches.len() >= limit {
            break;
        }
        let batch: BatchRecord = require(&table, number?)?;
        if batch.scan_id != scan {
            return Err(misplaced::<BatchRecord>(batch.id.get()));
        }
        if wanted(&batch) {
            batches.push(batch);
        }
    }
    Ok(batches)
}

fn numbers(
    txn: &ReadTransaction,
    scan: ScanId,
    after: Option<BatchId>,
) -> Result<impl Iterator<Item = Result<u64, ReadError>>, ReadError> {
    let first = after.map_or(0, |after| after.get().saturating_add(1));
    let range = (scan.get(), first)..=(scan.get(), u64::MAX);
    let keys = txn.open_table(BATCHES_BY_SCAN)?.range(range)?;
    Ok(keys.map(|key| Ok(key?.0.value().1)))
}
