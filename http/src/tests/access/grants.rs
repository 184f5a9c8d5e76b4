//! Who may run which scripts and slip past filters: role, grant of the project, and confirmation.

use super::{Guarded, guarded};
use netscan_schemas::{ProjectId, audit::Origin};
use serde_json::{Value, json};

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tier {
    Safe,
    Intrusive,
    All,
    Evasion,
}

const REQUESTS: [(&[&str], Tier); 9] = [
    (&["-T4", "-sC"], Tier::Safe),
    (&["--script", "vuln"], Tier::Intrusive),
    (&["--script", "banner,http-enum"], Tier::Intrusive),
    (&["--script", "ftp-brute"], Tier::All),
    (&["-sC", "--script", "exploit"], Tier::All),
    (&["-T5"], Tier::Evasion),
    (&["--timing", "insane"], Tier::Evasion),
    (&["-sT", "-e", "lo"], Tier::Evasion),
    (&["-e", "lo", "-T4"], Tier::Evasion),
];

async fn grant(world: &Guarded, project: ProjectId, scripts: &str, evasion: bool) {
    let grants = json!({"scripts": scripts, "evasion": evasion, "note": "for the test"});
    let path = format!("/api/projects/{project}");
    let answer = world.world.send("PATCH", &path, &json!({"grants": grants})).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
}

fn may(tier: Tier, role: &str, (scripts, evasion): (&str, bool), confirmed: bool) -> bool {
    let is_admin = role == "admin";
    match tier {
        Tier::Safe => true,
        Tier::Intrusive => scripts != "safe",
        Tier::All => is_admin && scripts == "all" && confirmed,
        Tier::Evasion => is_admin && evasion,
    }
}

#[tokio::test]
async fn role_grant_and_confirmation_decide_on_every_route() {
    let world = guarded().await;
    // The one that runs are kept in.
    let project = world.world.system.project_named("Quick scans", &Origin::server()).await.unwrap();
    let mut tokens = Vec::new();
    for role in ["operator", "admin"] {
        tokens.push((role, world.token(role, None).await.1));
    }
    let (mut taken, mut refused) = (0, 0);
    for granted in ["safe", "intrusive", "all"].into_iter().flat_map(|s| [(s, false), (s, true)]) {
        grant(&world, project, granted.0, granted.1).await;
        for (role, token) in &tokens {
            for (flags, tier) in REQUESTS {
                for confirm in [json!([]), json!(["dangerous-scripts"])] {
                    let confirmed = confirm != json!([]);
                    let may = may(tier, role, granted, confirmed);
                    let what = format!("{flags:?} as {role} with {granted:?}, {confirmed}");
                    let body = json!({
                        "targets": ["127.0.0.1"],
                        "project_id": project,
                        "nmap_flags": flags,
                        "confirm": confirm,
                    });
                    for path in ["/api/scans", "/api/scans/start", "/api/nmap/run"] {
                        let answer = world.call("POST", path, token, &body).await;
                        if may {
                            assert!(answer.status.is_success(), "{what}: {:?}", answer.body);
                            taken += 1;
                            continue;
                        }
                        assert_eq!(answer.status, 422, "{path} {what}");
                        assert_eq!(answer.problem(), "flag-refused", "{path} {what}");
                        let error = answer.json()["errors"][0].clone();
                        assert_eq!(error["code"], "not-granted", "{what}: {error}");
                        let pointer = error["pointer"].as_str().unwrap();
                        assert!(pointer.starts_with("/nmap_flags"), "{pointer}");
                        check_mend(error["detail"].as_str().unwrap(), (tier, role, granted));
                        refused += 1;
                    }
                    let preview = world.call("POST", "/api/scans/preview", token, &body).await;
                    assert_eq!(preview.status, 200, "{what}");
                    let preview = preview.json();
                    assert_eq!(preview["refused"] == json!([]), may, "{what}: {preview}");
                    assert_eq!(preview["argv"] != json!([]), may, "{what}: {preview}");
                    if !may {
                        let reason = preview["refused"][0]["reason"].as_str().unwrap();
                        check_mend(reason, (tier, role, granted));
                    }
                }
            }
        }
    }
    assert_eq!((taken, refused), (252, 396));
}

/// A refusal says each thing that is missing, and how to mend it.
fn check_mend(text: &str, (tier, role, granted): (Tier, &str, (&str, bool))) {
    let is_granted = match tier {
        Tier::Safe => true,
        Tier::Intrusive => granted.0 != "safe",
        Tier::All => granted.0 == "all",
        Tier::Evasion => granted.1,
    };
    let command = match tier {
        Tier::Safe | Tier::Intrusive => "netscan projects grant 1 --scripts intrusive --note WHY",
        Tier::All => "netscan projects grant 1 --scripts all --note WHY",
        Tier::Evasion => "netscan projects grant 1 --evasion on --note WHY",
    };
    assert_eq!(!text.contains(command), is_granted, "{text}");
    let for_admins = matches!(tier, Tier::All | Tier::Evasion);
    assert_eq!(text.contains("an admin has to"), for_admins && role != "admin", "{text}");
}

#[tokio::test]
async fn what_never_runs_is_refused_whatever_is_granted() {
    let world = guarded().await;
    let project = world.world.system.project_named("p", &Origin::server()).await.unwrap();
    grant(&world, project, "all", true).await;
    for flags in [
        &["--script", "dos"][..],
        &["--script", "http-slowloris"],
        &["--script", "http-fetch"],
        &["--script", "targets-xml"],
        &["--script", "all"],
        &["--script", "not dos"],
        &["--script-args", "newtargets"],
        &["-D", "127.0.0.2"],
        &["-S", "127.0.0.2"],
        &["--spoof-mac", "0"],
        &["--data", "00"],
        &["--ip-options", "R"],
        &["--proxies", "http://127.0.0.1:1"],
        &["-e", "no-such-link"],
        &["-elo"],
        &["--send-eth"],
    ] {
        let body = json!({
            "targets": ["127.0.0.1"],
            "project_id": project,
            "nmap_flags": flags,
            "confirm": ["dangerous-scripts"],
        });
        let answer = world.world.post("/api/scans", &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "flag-refused"));
        assert_eq!(answer.json()["errors"][0]["code"], "flag-refused", "{flags:?}");
    }
    // This world has no raw sockets, and nothing stands for these without.
    for flags in [&["-f"][..], &["--ttl", "5"], &["-g", "53"], &["--badsum"]] {
        let body = json!({"targets": ["127.0.0.1"], "project_id": project, "nmap_flags": flags});
        let answer = world.world.post("/api/scans", &body).await;
        assert_eq!(answer.problem(), "privilege-missing", "{flags:?}");
    }
    let bad = json!({"targets": ["127.0.0.1"], "confirm": ["everything"]});
    assert!(world.world.post("/api/scans", &bad).await.status.is_client_error());
}

#[tokio::test]
async fn only_an_admin_grants_and_says_why() {
    let world = guarded().await;
    let project = world.world.system.project_named("p", &Origin::server()).await.unwrap();
    let path = format!("/api/projects/{project}");
    let (operator, admin) =
        (world.token("operator", None).await.1, world.token("admin", None).await.1);
    let none = json!({"scripts": "safe", "evasion": false, "note": null, "by": null, "at": null});
    assert_eq!(world.world.json(&path).await["grants"], none);
    let change = async |token: &str, grants: Value| {
        let body = json!({"grants": grants});
        world.call("PATCH", &path, token, &body).await
    };
    let wanted = json!({"scripts": "all", "note": "why not"});
    // Nothing of a change that is refused is kept.
    let both = json!({"name": "q", "grants": wanted});
    let answer = world.call("PATCH", &path, &operator, &both).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "forbidden"));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("an admin's to change, and you are operator"), "{detail}");
    // Not even to take something away.
    assert_eq!(change(&operator, json!({"evasion": false})).await.status, 403);
    let kept = world.world.json(&path).await;
    assert_eq!((&kept["name"], &kept["grants"]), (&json!("p"), &none));
    let renamed = world.call("PATCH", &path, &operator, &json!({"description": "x"})).await;
    assert_eq!(renamed.status, 200);

    for (grants, pointer, code) in [
        (json!({"evasion": true}), "/grants/note", "note-needed"),
        (json!({"scripts": "intrusive"}), "/grants/note", "note-needed"),
        (json!({"evasion": true, "note": " "}), "/grants/note", "invalid-note"),
        (json!({"evasion": true, "note": "a\u{1b}b"}), "/grants/note", "invalid-note"),
        (json!({"evasion": true, "note": "x".repeat(501)}), "/grants/note", "invalid-note"),
        (json!({"dos": true, "note": "x"}), "/grants/dos", "unknown-field"),
    ] {
        let answer = change(&admin, grants.clone()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{grants}");
        answer.problem();
        let error = answer.json()["errors"][0].clone();
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code))
        );
    }
    let unknown = change(&admin, json!({"scripts": "dos", "note": "x"})).await;
    assert!(unknown.status.is_client_error(), "{:?}", unknown.body);
    assert_eq!(world.world.json(&path).await["grants"], none);

    let granted = change(&admin, wanted).await.json()["grants"].clone();
    assert_eq!((&granted["scripts"], &granted["evasion"]), (&json!("all"), &json!(false)));
    assert_eq!(granted["note"], "why not");
    assert!(granted["by"].as_str().unwrap().contains("(admin, admin)"), "{granted}");
    assert!(granted["at"].is_string(), "{granted}");
    // A viewer sees it, in lists too.
    let viewer = world.token("viewer", None).await.1;
    let listed = world.call("GET", "/api/projects", &viewer, &Value::Null).await.json();
    assert_eq!(listed[0]["grants"], granted);
    let less = change(&admin, json!({"scripts": "safe"})).await.json();
    assert_eq!(less["grants"], none);
}

#[tokio::test]
async fn a_rescan_is_asked_anew() {
    let world = guarded().await;
    let project = world.world.system.project_named("p", &Origin::server()).await.unwrap();
    grant(&world, project, "all", true).await;
    let flags = json!(["--script", "ftp-brute", "-T5"]);
    let confirm = json!(["dangerous-scripts"]);
    let body = json!({
        "targets": ["127.0.0.1"], "project_id": project, "nmap_flags": flags, "confirm": confirm,
    });
    let scan = world.world.scan(body).await;
    world.world.ended(scan).await;
    let path = format!("/api/scans/{scan}/rescan");
    let (operator, admin) =
        (world.token("operator", None).await.1, world.token("admin", None).await.1);
    let again = async |token: &str, confirm: &Value| {
        let body = json!({"only": "all", "confirm": confirm});
        world.call("POST", &path, token, &body).await.status.as_u16()
    };
    assert_eq!(again(&operator, &confirm).await, 422);
    assert_eq!(again(&admin, &json!([])).await, 422);
    assert_eq!(again(&admin, &confirm).await, 202);
    grant(&world, project, "all", false).await;
    assert_eq!(again(&admin, &confirm).await, 422);
}
