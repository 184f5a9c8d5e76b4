//! Writes the manual pages, which are made of the command line's own help.

use crate::{
    cli::Args,
    exit::{Exit, Failure},
    output::Output,
};
use std::{fs, io, path::Path};

/// Writes a page for each command into a directory, or the first page to standard output.
pub fn run(dir: Option<&Path>, out: &Output) -> Result<Exit, Failure> {
    let command = <Args as clap::CommandFactory>::command().disable_help_subcommand(true);
    let Some(dir) = dir else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.map_err(|source| failed("making the page", source))?;
        return out.bytes(&page).map(|()| Exit::Ok);
    };
    let shown = dir.display();
    fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(command, dir))
        .map_err(|source| failed(&format!("writing manual pages into `{shown}`"), source))?;
    out.note(&format!("the manual pages are in `{shown}`; `man -l {shown}/netscan.1` shows one"));
    Ok(Exit::Ok)
}

fn failed(what: &str, source: io::Error) -> Failure {
    Failure::Io { what: what.to_owned(), source }
}
