//! What nmap is asked to do: flags are read into typed options, and those into its arguments.

use super::{SubmitError, field};
use crate::{
    grants::{self, Standing},
    network,
    scan::plan,
    scanner::Scanner,
};
use netscan_nmap::{
    command,
    locate::LocateError,
    options::{FlagError, Lack, Options},
};
use netscan_schemas::{AddressSet, api::ScanRequest};

/// What nmap is asked to do.
pub(crate) struct Flags {
    /// Whether ports are probed, and not only whether hosts are up.
    pub(crate) probes_ports: bool,
    /// Whether its start loads scripts, probes or fingerprints.
    pub(crate) is_heavy: bool,
    pub(crate) argv: Vec<String>,
    pub(crate) fallback: Vec<String>,
    pub(crate) warnings: Vec<String>,
    /// The flag for which there may be no IPv6 address among the targets.
    v4_only: Option<&'static str>,
}

impl Flags {
    /// Returns why these addresses cannot be scanned so.
    pub(crate) fn check_family(&self, addresses: &AddressSet) -> Result<(), FlagError> {
        let [below, _, above] = plan::families(addresses);
        match self.v4_only {
            Some(flag) if below + above > 0 => {
                let reason = "nmap does this with IPv4 only: leave IPv6 targets out";
                Err(FlagError::of_options(flag, reason))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Reads the flags into typed options, and those into nmap's arguments, if whoever asks may have
/// what they stand for.
pub(crate) async fn read_flags(
    scanner: &Scanner,
    request: &ScanRequest,
    standing: &Standing,
) -> Result<Result<Flags, Vec<FlagError>>, LocateError> {
    let nmap = scanner.installation().await?;
    let read = || -> Result<Flags, Vec<FlagError>> {
        let parsed = Options::parse(&request.nmap_flags)?;
        let scripts = Scanner::scripts(&nmap);
        let needs = parsed.needs(scripts.as_ref())?;
        let refused = grants::refused(&needs, standing, &request.confirm);
        if !refused.is_empty() {
            return Err(refused);
        }
        let (options, fallback) = parsed.options.adapt(scanner.privileges())?;
        check_interface(&options).map_err(|error| vec![error])?;
        let argv = command::template(&nmap, &options, scanner.privileges());
        let probes_ports = !options.technique.no_ports;
        Ok(Flags {
            probes_ports,
            is_heavy: options.is_heavy(),
            argv,
            fallback,
            warnings: parsed.warnings,
            v4_only: options.v4_only(),
        })
    };
    Ok(read())
}

fn check_interface(options: &Options) -> Result<(), FlagError> {
    if options.evasion.interface.is_none() {
        return Ok(());
    }
    let unknown = |error| {
        let reason = format!("the system does not say which interfaces there are: {error}");
        FlagError::of_options("-e", reason)
    };
    let there = network::interfaces().map_err(unknown)?;
    options.check_interface(there.iter().map(String::as_str))
}

pub(super) fn flag_errors(errors: Vec<FlagError>) -> SubmitError {
    let only_privilege = errors.iter().all(|error| error.lack == Lack::Privilege);
    let errors = errors.into_iter().map(|error| {
        let at = error.index.map_or_else(String::new, |index| format!("/{index}"));
        let code = match error.lack {
            Lack::Nothing => "flag-refused",
            Lack::Privilege => "privilege-missing",
            Lack::Right => "not-granted",
        };
        let detail = format!("`{}`: {}", error.flag, error.reason);
        field(&format!("/nmap_flags{at}"), code, &detail)
    });
    match only_privilege {
        true => SubmitError::Privilege(errors.collect()),
        false => SubmitError::Flags(errors.collect()),
    }
}
