//! Directories for a small installation: what is in them, who shares them, and what is refused.

use super::*;
use crate::locate::Version;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use tempfile::TempDir;

const LIST: &str = "# a list\necho\t7/tcp\t0.004855\necho\t7/udp\t0.024679\nssh\t22/tcp\t0.182286\n\
                    telnet\t23/tcp\t0.221265\nunknown\t24/tcp\t0.182286\nhttp\t80/tcp\t0.484143\n\
                    http\t80/sctp\t0.000000\nodd\t81/ddp\t0.9\n";

struct World {
    dir: TempDir,
    nmap: Installation,
    datadirs: Datadirs,
}

fn world() -> World {
    let dir = TempDir::new().unwrap();
    let installed = dir.path().join("share");
    fs::create_dir_all(installed.join("scripts")).unwrap();
    fs::write(installed.join(SERVICES), LIST).unwrap();
    fs::write(installed.join("nmap-protocols"), "tcp 6 TCP\n").unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let version = Version { major: 7, minor: 93 };
    let (program, datadir) = ("/bin/false".into(), Some(installed));
    let nmap = Installation { program, version, datadir, own_datadir: None };
    World { datadirs: Datadirs::new(&data), nmap, dir }
}

impl World {
    fn fit(&self, line: &str) -> Result<Option<Arc<Datadir>>, DatadirError> {
        let flags: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let options = Options::parse(&flags).unwrap().options;
        self.datadirs.fit(&self.nmap, &options, &Privileges::with_raw(true))
    }

    fn made(&self, line: &str) -> Arc<Datadir> {
        self.fit(line).unwrap().unwrap()
    }

    fn count(&self) -> usize {
        fs::read_dir(self.dir.path().join("data").join(HOME)).map_or(0, Iterator::count)
    }
}

#[test]
fn lines_are_those_of_the_ports_that_are_probed() {
    let world = world();
    for (line, expected) in [
        ("-sT -p80", "80/tcp"),
        ("-p1-100", "7/tcp 22/tcp 23/tcp 24/tcp 80/tcp"),
        ("-sSU -p7", "7/tcp 7/udp"),
        ("-sSU -p T:80,U:7", "7/udp 80/tcp"),
        ("-sY -p7,80", "80/sctp"),
        ("-sT -p9000", ""),
        ("-sT -p22,80 --exclude-ports T:80", "22/tcp"),
        ("-sT -p22,80 --exclude-ports U:80", "22/tcp 80/tcp"),
        ("-sT -F", "7/tcp 22/tcp 23/tcp 24/tcp 80/tcp"),
        ("-sT", "7/tcp 22/tcp 23/tcp 24/tcp 80/tcp"),
        // Of two that are open as often, the first.
        ("-sT --top-ports 3", "22/tcp 23/tcp 80/tcp"),
        ("-sSU --top-ports 1", "7/udp 80/tcp"),
        ("-sT --top-ports 1 --exclude-ports 80", "23/tcp"),
        ("-sSU --port-ratio 0.1", "22/tcp 23/tcp 24/tcp 80/tcp"),
        ("-sT --port-ratio 0.182286", "22/tcp 23/tcp 24/tcp 80/tcp"),
        ("-sV -O --traceroute -p80", "80/tcp"),
    ] {
        let datadir = world.made(line);
        let text = fs::read_to_string(datadir.path().join(SERVICES)).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let ports: Vec<_> = lines.iter().filter_map(|line| line.split('\t').nth(1)).collect();
        assert_eq!(ports.join(" "), expected, "{line}");
        assert!(lines.iter().all(|line| LIST.contains(line)));
    }
}

#[test]
fn the_installed_one_is_used_where_nothing_is_gained_or_more_is_needed() {
    let world = world();
    for line in ["-sn", "-sO", "-sC", "-A", "--script banner -p80", "--port-ratio 0.9"] {
        assert!(world.fit(line).unwrap().is_none(), "{line}");
    }
    assert_eq!(world.count(), 0);
    let none = Installation { datadir: None, ..world.nmap.clone() };
    let privileges = Privileges::with_raw(false);
    assert!(world.datadirs.fit(&none, &Options::default(), &privileges).unwrap().is_none());
}

#[test]
fn a_directory_is_whole_ours_and_readable() {
    let world = world();
    let datadir = world.made("-p80");
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(datadir.path()), 0o755);
    assert_eq!(mode(&datadir.path().join(SERVICES)), 0o444);
    assert_eq!(mode(datadir.path().parent().unwrap()), 0o755);
    let installed = world.nmap.datadir.as_deref().unwrap();
    for name in ["nmap-protocols", "scripts"] {
        assert_eq!(fs::read_link(datadir.path().join(name)).unwrap(), installed.join(name));
    }
    assert_eq!(fs::read_dir(datadir.path()).unwrap().count(), 3);
}

#[test]
fn scans_with_the_same_ports_share_one_and_it_goes_after_the_last() {
    let world = world();
    let (first, second) = (world.made("-sT -p80"), world.made("-sS -p T:80 -T4"));
    assert!(Arc::ptr_eq(&first, &second));
    let path = first.path().to_owned();
    drop(first);
    let other = world.made("-p22");
    assert_eq!(world.count(), 2);
    drop(second);
    assert!(path.exists(), "nothing is removed but when another one is made");
    drop(world.made("-p23"));
    assert!(!path.exists() && other.path().exists());
    // One that is not used any more is taken up again.
    assert_eq!(world.made("-p23").path().parent(), other.path().parent());
    assert_eq!(world.count(), 2);
    world.datadirs.sweep().unwrap();
    world.datadirs.sweep().unwrap();
    assert_eq!(world.count(), 0);
}

#[test]
fn what_was_changed_is_made_again() {
    let world = world();
    let datadir = world.made("-p80");
    let services = datadir.path().join(SERVICES);
    let damages: [&dyn Fn(); 6] = [
        &|| fs::remove_dir_all(datadir.path()).unwrap(),
        &|| {
            fs::remove_file(&services).unwrap();
            fs::write(&services, "").unwrap();
        },
        &|| {
            fs::remove_file(&services).unwrap();
            symlink("/dev/null", &services).unwrap();
        },
        &|| fs::write(datadir.path().join("nmap-rpc"), "").unwrap(),
        &|| fs::remove_file(datadir.path().join("scripts")).unwrap(),
        &|| {
            fs::set_permissions(datadir.path(), fs::Permissions::from_mode(0o777)).unwrap();
            // What a process that was killed has left.
            fs::create_dir(datadir.path().with_extension("unfinished")).unwrap();
        },
    ];
    for damage in damages {
        damage();
        assert!(Arc::ptr_eq(&datadir, &world.made("-p80")));
        assert!(fs::read_to_string(&services).unwrap().contains("http\t80/tcp"));
        assert_eq!(fs::read_dir(datadir.path()).unwrap().count(), 3);
        assert_eq!(fs::metadata(datadir.path()).unwrap().mode() & 0o777, 0o755);
        assert_eq!(world.count(), 1);
    }
}

#[test]
fn another_installation_gets_another_directory() {
    let world = world();
    let first = world.made("-p80");
    let installed = world.nmap.datadir.as_deref().unwrap();
    fs::write(installed.join(SERVICES), LIST.replace("http\t80/tcp", "www\t80/tcp")).unwrap();
    let second = world.made("-p80");
    fs::write(installed.join("nmap-rpc"), "").unwrap();
    let third = world.made("-p80");
    assert!(first.path() != second.path() && second.path() != third.path());
    assert!(third.path().join("nmap-rpc").exists());
}

#[test]
fn what_cannot_be_trusted_is_not_used() {
    use DatadirError::{Installed, Make, NotOurs, NotUnderstood};
    let world = world();
    let installed = world.nmap.datadir.as_deref().unwrap();
    let home = world.dir.path().join("data").join(HOME);
    let both = || {
        let checked = world.datadirs.check(&world.nmap).err();
        (checked, world.fit("-p80").map(|datadir| datadir.unwrap()))
    };
    assert!(both().0.is_none());
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };

    mode(&home, 0o775);
    assert!(matches!(both(), (Some(NotOurs { .. }), Err(NotOurs { .. }))));
    mode(&home, 0o755);
    mode(home.parent().unwrap(), 0o777);
    assert!(matches!(both(), (Some(NotOurs { .. }), Err(NotOurs { .. }))));
    mode(home.parent().unwrap(), 0o700);
    world.datadirs.sweep().unwrap();
    symlink(installed, &home).unwrap();
    assert!(matches!(both(), (Some(NotOurs { .. }), Err(NotOurs { .. }))));
    fs::remove_file(&home).unwrap();

    fs::write(installed.join(SERVICES), "http 80\n").unwrap();
    let (checked, fitted) = both();
    assert!(matches!(checked, Some(NotUnderstood { .. })));
    let said = fitted.unwrap_err().to_string();
    assert!(said.contains("line 1 has no port and protocol"), "{said}");
    fs::remove_file(installed.join(SERVICES)).unwrap();
    assert!(matches!(both(), (Some(Installed { .. }), Err(Installed { .. }))));

    fs::write(installed.join(SERVICES), LIST).unwrap();
    fs::remove_dir(home.parent().unwrap()).unwrap();
    assert!(matches!(both(), (None, Err(Make { .. }))));
}
