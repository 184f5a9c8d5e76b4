//! Goes through a table of which parts cannot be reached: from its start, from its end, and into
//! what lies between by halving it.

use crate::{error::ReadError, overlay::Looked};
use redb::{Key, ReadOnlyTable, Value};
use std::{
    collections::VecDeque,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Times that one table is entered in vain at most.
const FAILURES_MAX: u32 = 400;

type Bytes = Vec<u8>;

/// What a table's rows are given to, as bytes: the key and the value.
pub(super) type Each<'e> = &'e mut dyn FnMut(&[u8], &[u8]);

/// A table of a database of its own. After a panic within redb it is good for nothing more.
pub(super) struct Opened<K: Key + 'static, V: Value + 'static> {
    // First, so that it goes before its database.
    pub(super) table: ReadOnlyTable<K, V>,
    pub(super) _db: Looked,
}

/// Opens the table, as often as that takes.
pub(super) type Open<'o, K, V> = &'o dyn Fn() -> Option<Opened<K, V>>;

/// Gives every row that can be reached to `each`, in no order, some perhaps twice. Returns whether
/// there are rows that cannot be reached.
pub(super) fn walk<K: Key + 'static, V: Value + 'static>(
    open: Open<'_, K, V>,
    each: Each<'_>,
) -> bool {
    let mut walker = Walker { open, opened: None, each, failures: 0 };
    let mut gaps = false;
    // Wide ranges first: what remains when the tries are used up is then little.
    let mut ranges = VecDeque::from([(Bound::Unbounded, Bound::Unbounded)]);
    while let Some((low, high)) = ranges.pop_front() {
        let Some((low, high)) = walker.between(low, high) else { continue };
        match middle::<K>(&low, &high) {
            Some(middle) if walker.failures < FAILURES_MAX => {
                ranges.push_back((low, Bound::Excluded(middle.clone())));
                ranges.push_back((Bound::Included(middle), high));
            }
            Some(_) | None => gaps = true,
        }
    }
    gaps
}

struct Walker<'w, K: Key + 'static, V: Value + 'static> {
    open: Open<'w, K, V>,
    opened: Option<Opened<K, V>>,
    each: Each<'w>,
    failures: u32,
}

impl<K: Key + 'static, V: Value + 'static> Walker<'_, K, V> {
    /// Goes through a range from both of its ends; returns what is left between.
    fn between(
        &mut self,
        low: Bound<Bytes>,
        high: Bound<Bytes>,
    ) -> Option<(Bound<Bytes>, Bound<Bytes>)> {
        let (mut last, mut first) = (None, None);
        if self.failures >= FAILURES_MAX {
            return Some((low, high));
        }
        if self.run(&low, &high, false, &mut last) {
            return None;
        }
        let low = last.map_or(low, Bound::Excluded);
        if self.run(&low, &high, true, &mut first) {
            return None;
        }
        Some((low, first.map_or(high, Bound::Excluded)))
    }

    /// Goes from one end of a range towards the other; returns whether it got there.
    fn run(
        &mut self,
        low: &Bound<Bytes>,
        high: &Bound<Bytes>,
        backward: bool,
        reached: &mut Option<Bytes>,
    ) -> bool {
        if self.opened.is_none() {
            self.opened = (self.open)();
        }
        let Self { opened: Some(Opened { table, .. }), each, .. } = self else {
            self.failures += 1;
            return false;
        };
        let work = || step_through(table, (low, high), backward, reached, each);
        let ran = catch_unwind(AssertUnwindSafe(work));
        let arrived = matches!(ran, Ok(Ok(true)));
        if !arrived {
            self.failures += 1;
            self.opened = None;
        }
        arrived
    }
}

fn step_through<K: Key + 'static, V: Value + 'static>(
    table: &ReadOnlyTable<K, V>,
    (low, high): (&Bound<Bytes>, &Bound<Bytes>),
    backward: bool,
    reached: &mut Option<Bytes>,
    each: &mut Each<'_>,
) -> Result<bool, ReadError> {
    let mut rows = table.range::<K::SelfType<'_>>((key_bound::<K>(low), key_bound::<K>(high)))?;
    loop {
        let row = if backward { rows.next_back() } else { rows.next() };
        let Some(row) = row else { return Ok(true) };
        let (key, value) = row?;
        let (key, value) = (key.value(), value.value());
        let (key, value) = (K::as_bytes(&key), V::as_bytes(&value));
        let (key, value) = (key.as_ref(), value.as_ref());
        // Pages that lead in a circle would never end.
        let goes_on = reached.as_ref().is_none_or(|before| {
            let order = K::compare(before, key);
            if backward { order.is_gt() } else { order.is_lt() }
        });
        if !goes_on {
            return Ok(false);
        }
        each(key, value);
        *reached = Some(key.to_vec());
    }
}

fn key_bound<K: Key + 'static>(bound: &Bound<Bytes>) -> Bound<K::SelfType<'_>> {
    match bound {
        Bound::Included(key) => Bound::Included(K::from_bytes(key)),
        Bound::Excluded(key) => Bound::Excluded(K::from_bytes(key)),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// The widths of the parts of a key, by its width in all. Keys without a fixed width are not split.
fn parts(width: usize) -> &'static [usize] {
    match width {
        8 => &[8],
        12 => &[8, 4],
        16 => &[8, 8],
        17 => &[8, 4, 1, 4],
        _ => &[],
    }
}

/// Returns the number that a key is in the order of keys, as far as it fits.
fn to_number(key: &[u8]) -> u128 {
    let mut number = 0;
    let mut rest = key;
    for width in parts(key.len()) {
        let (part, after) = rest.split_at(*width);
        let mut bytes = [0; 16];
        bytes[..*width].copy_from_slice(part);
        number = number << (8 * width) | u128::from_le_bytes(bytes);
        rest = after;
    }
    number
}

fn to_key(mut number: u128, width: usize) -> Bytes {
    let mut key = vec![0; width];
    let mut end = width;
    for width in parts(width).iter().rev() {
        key[end - width..end].copy_from_slice(&number.to_le_bytes()[..*width]);
        number = if 8 * width < 128 { number >> (8 * width) } else { 0 };
        end -= width;
    }
    key
}

/// Returns a key strictly between two others, if there is one.
fn middle<K: Key + 'static>(low: &Bound<Bytes>, high: &Bound<Bytes>) -> Option<Bytes> {
    let width = K::fixed_width()?;
    if parts(width).is_empty() {
        return None;
    }
    let number = |bound: &Bound<Bytes>, open| match bound {
        Bound::Included(key) | Bound::Excluded(key) => to_number(key),
        Bound::Unbounded => open,
    };
    let bits = (8 * width as u32).min(128);
    let (low, high) = (number(low, 0), number(high, u128::MAX >> (128 - bits)));
    let middle = low + high.checked_sub(low)? / 2;
    (middle > low).then(|| to_key(middle, width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{AttemptKey, RawKey};

    fn bytes<K: Value>(key: &K::SelfType<'_>) -> Bytes {
        let bytes = K::as_bytes(key);
        let bytes: &[u8] = bytes.as_ref();
        bytes.to_vec()
    }

    #[test]
    fn numbers_follow_the_order_of_keys() {
        let raw = |key: (u64, u32, u8, u32)| bytes::<RawKey>(&key);
        let keys = [(1, 0, 0, 0), (1, 0, 0, 7), (1, 0, 2, 0), (1, 3, 0, 0), (2, 0, 0, 1)];
        for pair in keys.windows(2) {
            assert!(to_number(&raw(pair[0])) < to_number(&raw(pair[1])), "{pair:?}");
        }
        for key in keys {
            assert_eq!(to_key(to_number(&raw(key)), 17), raw(key));
        }
        let attempt = bytes::<AttemptKey>(&(3, 9));
        assert_eq!(to_key(to_number(&attempt), 12), attempt);
        let event = bytes::<(u64, u64)>(&(u64::MAX, 5));
        assert_eq!(to_key(to_number(&event), 16), event);
    }

    #[test]
    fn halving_ends() {
        let key = |number: u64| number.to_le_bytes().to_vec();
        let (low, high) = (Bound::Excluded(key(4)), Bound::Excluded(key(8)));
        assert_eq!(middle::<u64>(&low, &high), Some(key(6)));
        assert_eq!(middle::<u64>(&low, &Bound::Excluded(key(5))), None);
        assert!(middle::<u64>(&Bound::Unbounded, &Bound::Unbounded).is_some());
        assert_eq!(middle::<&str>(&Bound::Unbounded, &Bound::Unbounded), None);
    }
}
