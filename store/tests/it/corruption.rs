//! Damage below the records: flipped bits, zeroed pages, cut files. Each is noticed or harmless,
//! and what is refused is left as it is.

use crate::upkeep::{answers, filled};
use netscan_store::{NoPublisher, OpenError, Options, Store, upkeep::Closed};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};
use tempfile::TempDir;

const FLIPS: usize = 400;
const ZEROED: usize = 100;
const CUTS: usize = 30;
const PAGE: usize = 4096;

/// A sequence of numbers that looks like chance and is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % bound
    }
}

/// What damage did.
#[derive(Debug, Default)]
struct Tally {
    refused: usize,
    harmless: usize,
    saved_some: usize,
    saved_all: usize,
    saved_none: usize,
}

struct World {
    dir: TempDir,
    sound: Vec<u8>,
    truth: Vec<String>,
    tally: Tally,
}

impl World {
    fn new() -> Self {
        netscan_store::quiet_database_panics();
        let dir = filled(3, 40);
        let sound = fs::read(dir.path().join("netscan.redb")).unwrap();
        let store = open(dir.path()).unwrap();
        let (truth, 0) = answers(&store) else { panic!("it is sound") };
        drop(store);
        // A start writes, so damage is done to the file as it was before.
        fs::write(dir.path().join("netscan.redb"), &sound).unwrap();
        Self { dir, sound, truth, tally: Tally::default() }
    }

    /// Whole pages that hold anything.
    fn used_pages(&self) -> Vec<usize> {
        let pages = self.sound.chunks(PAGE).enumerate();
        pages.filter(|(_, page)| page.iter().any(|byte| *byte != 0)).map(|(page, _)| page).collect()
    }

    fn try_out(&mut self, what: &str, damaged: &[u8]) {
        let path = self.dir.path().join("netscan.redb");
        fs::write(&path, damaged).unwrap();
        match open(self.dir.path()) {
            Ok(store) => {
                let (found, errors) = answers(&store);
                let wrong: Vec<_> = found.iter().filter(|one| !self.truth.contains(one)).collect();
                assert!(wrong.is_empty(), "{what} gave wrong answers: {wrong:#?}");
                assert_eq!(errors, 0, "{what} was not noticed before it was read");
                self.tally.harmless += 1;
            }
            Err(OpenError::Damaged { .. }) => {
                self.tally.refused += 1;
                assert!(fs::read(&path).unwrap() == damaged, "{what}: the file was changed");
                self.salvage(what);
                assert!(fs::read(&path).unwrap() == damaged, "{what}: salvage changed the file");
            }
            Err(error) => panic!("{what}: {error:?}"),
        }
    }

    /// What is saved must be true.
    fn salvage(&mut self, what: &str) {
        let elsewhere = TempDir::new().unwrap();
        let target = elsewhere.path().join("netscan.redb");
        if let Err(error) = take(self.dir.path()).salvage(&target) {
            println!("{what}: {error:?}");
            assert!(!target.exists());
            self.tally.saved_none += 1;
            return;
        }
        let store = open(elsewhere.path()).unwrap_or_else(|error| panic!("{what}: {error}"));
        let (found, _) = answers(&store);
        match found == self.truth {
            true => self.tally.saved_all += 1,
            false => self.tally.saved_some += 1,
        }
    }
}

fn take(dir: &Path) -> Closed {
    loop {
        match Closed::take(dir) {
            Err(OpenError::Locked { .. }) => std::thread::yield_now(),
            taken => return taken.unwrap(),
        }
    }
}

fn open(dir: &Path) -> Result<Store, OpenError> {
    let options = Options { ballast_bytes: 0, ..Options::default() };
    loop {
        match Store::open(dir, options.clone(), Arc::new(NoPublisher)) {
            // Children that other tests start have our locks until they are other programs.
            Err(OpenError::Locked { .. }) => std::thread::yield_now(),
            opened => return opened,
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed_or_harmless() {
    let mut world = World::new();
    let (pages, mut chance) = (world.used_pages(), Chance(7));
    for flip in 0..FLIPS {
        // The first page decides most, so it gets its share.
        let page = if flip % 4 == 0 { 0 } else { pages[chance.below(pages.len())] };
        // Of that page the header is what counts.
        let room = if page == 0 { 512 } else { PAGE };
        let bit = page * PAGE * 8 + chance.below(room * 8);
        let mut damaged = world.sound.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        world.try_out(&format!("bit {bit}"), &damaged);
    }
    println!("{FLIPS} flipped bits: {:?}", world.tally);
    assert!(world.tally.refused > FLIPS / 10, "{:?}", world.tally);
    assert!(world.tally.saved_some + world.tally.saved_all > 0, "{:?}", world.tally);
}

#[test]
fn every_zeroed_page_is_noticed_or_harmless() {
    let mut world = World::new();
    let (pages, mut chance) = (world.used_pages(), Chance(11));
    let chosen: BTreeSet<_> = (0..ZEROED).map(|_| pages[chance.below(pages.len())]).collect();
    for page in chosen {
        let mut damaged = world.sound.clone();
        damaged[page * PAGE..(page + 1) * PAGE].fill(0);
        world.try_out(&format!("page {page}"), &damaged);
    }
    println!("zeroed pages: {:?}", world.tally);
    assert!(world.tally.refused > 0, "{:?}", world.tally);
}

#[test]
fn every_cut_file_is_noticed_or_harmless() {
    let mut world = World::new();
    let mut chance = Chance(13);
    let mut lengths: Vec<_> = (0..CUTS).map(|_| chance.below(world.sound.len())).collect();
    lengths.extend([0, 1, 9, 320, PAGE, PAGE + 1, world.sound.len() - 1]);
    for length in lengths {
        let cut = world.sound[..length].to_vec();
        world.try_out(&format!("cut to {length}"), &cut);
    }
    println!("cut files: {:?}", world.tally);
    assert_eq!(world.tally.harmless, 0, "{:?}", world.tally);
}

#[test]
fn an_empty_file_beside_a_known_instance_is_refused_and_left() {
    let dir = filled(1, 1);
    let path = dir.path().join("netscan.redb");
    fs::write(&path, b"").unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Damaged { .. })));
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    assert!(dir.path().join("instance.json").exists());
}
