//! What may be scanned changes while it is scanned.

use crate::check;
use crate::model::Will;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, ended};
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;

/// How long an nmap may go on with what left the scope.
const END_MAX: Duration = Duration::from_secs(5);

/// F35: a part of what a scan is scanning is denied. Its nmap ends, nothing of it is started again,
/// and the rest, and another scan beside it, are scanned to the end.
pub(crate) fn cut(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "delay 300 per-host\n")?;
    let server = world.start()?;
    for round in 0..trial.settings.scale(1, 8) {
        let when = format!("round {round}");
        trial.found.runs += 1;
        // A batch takes ten seconds, if it is let.
        let (block, total) = world.block(26);
        let request = world.request(&block, 32, 2);
        let scan = world.submit(&server, &request, total, Will::Any)?;
        let beside = world.scan(&server, 29, 8)?;
        std::thread::sleep(trial.millis(400..3000));
        // The first half of its addresses, the first batch of it.
        let denied = block.replace("/26", "/27");
        let entry = json!({"list": "deny", "target": denied, "note": "a fault"});
        let (status, answer) = server.post("/api/scope", &entry)?;
        let entry = answer["id"].as_u64().filter(|_| status == 201);
        let entry = entry.ok_or_else(|| format!("the entry is not taken: {status} {answer}"))?;
        let starts = world.logged().len();
        let denied = check::expand(&json!([denied]));
        let is_denied = |address: &IpAddr| denied.contains(address);
        let batches = format!("/api/scans/{scan}/batches");
        let cut = within(END_MAX, || {
            let batches = server.json(&batches).ok()?;
            let mut running =
                batches.as_array()?.iter().filter(|batch| batch["status"] == "running");
            let goes_on =
                running.any(|batch| check::expand(&batch["targets"]).iter().any(is_denied));
            (!goes_on).then_some(())
        });
        trial.require(cut.is_some(), || format!("{when}: the nmap goes on with what is denied"));
        let view = ended(&server, scan, PATIENCE)?;
        let verdicts = &view["verdicts"];
        let up = verdicts["up"].as_u64().unwrap_or(0);
        trial.require(up >= 32 && up < total, || {
            format!("{when}: half of the addresses left the scope, and the verdicts are {verdicts}")
        });
        trial.require(view["status"] == "failed", || {
            format!("{when}: the scan ended as {}", view["status"])
        });
        let later: Vec<String> = world.logged().into_iter().skip(starts).flatten().collect();
        let later = check::expand(&json!(later));
        let again: Vec<_> = later.iter().filter(|address| is_denied(address)).collect();
        trial.require(again.is_empty(), || format!("{when}: {again:?} is started though denied"));
        ended(&server, beside, PATIENCE)?;
        server.delete(&format!("/api/scope/{entry}"))?;
        trial.note(format!("{when}: {up} of {total} were up"));
    }
    check::close(trial, &mut world, server, "a cut scope")
}
