use super::*;
use netscan_nmap::options::ScriptDb;
use netscan_schemas::{api::ProfileChange, scan::PlanKind};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn profiles_that_are_built_in_are_sound_and_need_no_grant() {
    // The installed list, where there is one: what is safe is read off it.
    let scripts = ScriptDb::read(Path::new("/usr/share/nmap")).ok();
    let mut seen = Vec::new();
    for profile in builtin::all() {
        assert!(wrong_values(&profile).is_empty(), "{profile:?}");
        let parsed = Options::parse(&profile.flags).unwrap();
        assert!(parsed.warnings.is_empty(), "{profile:?}: {:?}", parsed.warnings);
        if scripts.is_some() {
            let needs = parsed.needs(scripts.as_ref());
            assert_eq!(needs, Ok(Vec::new()), "{}", profile.name);
        }
        seen.push(profile.name);
    }
    let expected =
        ["discovery", "quick", "default", "full-tcp", "udp-top", "services", "vuln-safe", "os"];
    assert_eq!(seen, expected);
}

#[test]
fn what_a_profile_needs_is_told() {
    let flags = |line: &str| names(&line.split(' ').collect::<Vec<_>>());
    assert_eq!(needs(&flags("-sV"), None), names(&[]));
    assert_eq!(needs(&flags("-sU -F"), None), names(&["raw-sockets"]));
    assert_eq!(needs(&flags("-O"), None), names(&["raw-sockets"]));
    assert_eq!(needs(&flags("-T5"), None), names(&["evasion"]));
    assert_eq!(needs(&flags("-f -T5"), None), names(&["evasion", "raw-sockets"]));
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let known = names(&["quick", "services"]);
    assert_eq!(
        unknown("servics", &known),
        "there is no profile `servics`; did you mean `services`? Known are quick, services"
    );
    assert_eq!(unknown("x", &known), "there is no profile `x`; known are quick, services");
}

fn line_of(text: &str) -> (usize, String) {
    let (at, detail) = file::parse(text).unwrap_err();
    (text[..at].matches('\n').count() + 1, detail)
}

#[test]
fn a_file_of_profiles_is_read() {
    let text = r#"
        [profiles.night]
        description = "what the night shift scans"
        flags = ["-sV", "-p-"]
        plan = "staged"

        [profiles.plain]
        flags = []
    "#;
    let change = ProfileChange {
        description: "what the night shift scans".into(),
        flags: names(&["-sV", "-p-"]),
        plan: PlanKind::Staged,
    };
    let expected = [
        change.named("night".into()),
        NewProfile { name: "plain".into(), ..NewProfile::default() },
    ];
    assert_eq!(file::parse(text).unwrap(), expected);
    assert_eq!(file::parse("").unwrap(), []);
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    for (text, line, said) in [
        ("[profiles.a]\nflags = [\"-sV\"]\nport = 1\n", 3, "unknown field `port`"),
        ("[profile.a]\nflags = []\n", 1, "unknown field `profile`"),
        ("[profiles.a]\nflags = [\"-sV\",\n  \"-oX\"]\n", 3, "`-oX`"),
        ("\n[profiles.a]\nplan = \"staged\"\n", 2, "missing field `flags`"),
        ("[profiles.a]\nflags = []\nplan = \"both\"\n", 3, "unknown variant `both`"),
        ("\n\n[profiles.Night]\nflags = []\n", 3, "a profile's name has 1 to 64"),
        ("[profiles.quick]\nflags = []\n", 1, "is built in"),
        ("[profiles.a]\nflags = [\n", 2, ""),
        ("[profiles.a]\nflags = []\n[profiles.a]\nflags = []\n", 3, "duplicate"),
    ] {
        let (at, detail) = line_of(text);
        assert_eq!(at, line, "{text}: {detail}");
        assert!(detail.contains(said), "{text}: {detail}");
    }
}
