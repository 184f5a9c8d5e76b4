//! Checks batches against their scans and verdicts, and raw output against its digests.

use super::Checker;
use crate::{
    error::ReadError,
    raw,
    reader::{decode, decode_attempt},
    tables::{RawKey, meta, stream_number, under},
};
use netscan_schemas::{
    attempt::{RawInfo, Stream},
    id::ScanId,
    stored::{BatchRecord, TallyRecord, VerdictsRecord},
};

/// What the stored frames of one stream add up to.
struct Kept {
    info: RawInfo,
    sound: bool,
}

impl Checker<'_> {
    /// Checks the batches of a scan; returns the counts that they make.
    pub(super) fn batches_of(&mut self, scan: ScanId) -> Result<TallyRecord, ReadError> {
        let next = self.counter(meta::NEXT[2])?;
        let mut counted = TallyRecord::default();
        for key in self.tables.batches_by_scan.range(under(scan.get()))? {
            let number = key?.0.value().1;
            self.report.batches += 1;
            self.expect(number < next, || format!("batch {number} is above its counter"));
            let batch = self.row::<BatchRecord>(&self.tables.batches, number)?;
            let verdicts = self.verdicts_of(number)?;
            counted.up += verdicts.up.count();
            counted.down += verdicts.down.count();
            counted.timed_out += verdicts.timed_out.count();
            let Some(batch) = batch else { continue };
            counted.batches[batch.status as usize] += 1;
            let rightful = batch.id.get() == number && batch.scan_id == scan;
            self.expect(rightful, || format!("batch {number} is not of scan {scan}"));
            let strays = verdicts.settled().difference(&batch.addresses);
            self.expect(strays.is_empty(), || {
                format!(
                    "batch {number} has verdicts on {:?}, which it does not scan",
                    strays.to_ranges()
                )
            });
        }
        Ok(counted)
    }

    fn verdicts_of(&mut self, batch: u64) -> Result<VerdictsRecord, ReadError> {
        let Some(bytes) = self.tables.verdicts.get(batch)? else {
            return Ok(VerdictsRecord::default());
        };
        self.verdict_rows += 1;
        let read = self.sound(decode::<VerdictsRecord>(bytes.value(), batch))?;
        let verdicts = read.unwrap_or_default();
        let VerdictsRecord { up, down, timed_out, passed, .. } = &verdicts;
        let sum = up.count() + down.count() + timed_out.count() + passed.count();
        self.expect(verdicts.settled().count() == sum, || {
            format!("batch {batch} has two verdicts on one address")
        });
        Ok(verdicts)
    }

    /// Checks every attempt and its raw output.
    pub(super) fn attempts(&mut self) -> Result<(), ReadError> {
        for row in self.tables.attempts.range::<(u64, u32)>(..)? {
            let (key, bytes) = row?;
            let (batch, number) = key.value();
            self.report.attempts += 1;
            let there = self.tables.batches.get(batch)?.is_some();
            self.expect(there, || format!("attempt {batch}/{number} is of no batch"));
            let name = format!("{batch}/{number}");
            let attempt = self.sound(decode_attempt(bytes.value(), (batch, number)))?;
            for stream in Stream::ALL {
                let kept = self.frames(batch, number, stream)?;
                let Some(attempt) = attempt.as_ref() else { continue };
                // While an attempt runs its record lags behind its output.
                if attempt.finished_at.is_none() || !kept.sound {
                    continue;
                }
                let info = attempt.raw.get(stream);
                let as_told = info.bytes == kept.info.bytes
                    && info.stored_bytes == kept.info.stored_bytes
                    && info.frames == kept.info.frames
                    && info.blake3.is_none_or(|digest| Some(digest) == kept.info.blake3);
                self.expect(as_told, || {
                    format!("{stream} of attempt {name} is not what its record says")
                });
            }
        }
        Ok(())
    }

    fn frames(&mut self, batch: u64, attempt: u32, stream: Stream) -> Result<Kept, ReadError> {
        let number = stream_number(stream);
        let range = (batch, attempt, number, 0)..=(batch, attempt, number, u32::MAX);
        let mut kept = Kept { info: RawInfo::default(), sound: true };
        let mut hasher = blake3::Hasher::new();
        for row in self.tables.raw.range::<RawKey>(range)? {
            let (key, packed) = row?;
            let (_, _, _, frame) = key.value();
            let name = format!("{batch}/{attempt}/{stream}/{frame}");
            self.expect(frame == kept.info.frames, || {
                format!("the frame before {name} is missing")
            });
            self.report.raw_frames += 1;
            kept.info.frames += 1;
            kept.info.stored_bytes += packed.value().len() as u64;
            match raw::decompress(packed.value()) {
                Ok(bytes) => {
                    kept.info.bytes += bytes.len() as u64;
                    hasher.update(&bytes);
                }
                Err(error) => {
                    self.problem(format_args!("raw-frame {name}: {error}"));
                    kept.sound = false;
                }
            }
        }
        self.report.raw_bytes += kept.info.bytes;
        kept.info.blake3 = Some(*hasher.finalize().as_bytes());
        Ok(kept)
    }
}
