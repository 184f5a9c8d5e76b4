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
use netscan_schemas::{
    AddressSet,
    api::{PhaseCommand, ScanRequest},
    batch::Phase,
    scan::PlanKind,
};

/// How the reason opens why a flag of a profile is refused.
const OF_PROFILE: &str = "of the profile: ";

/// A request with its profile's flags before its own.
pub(crate) struct Wish {
    pub(crate) request: ScanRequest,
    /// How many of the flags are the profile's.
    pub(crate) from_profile: usize,
    pub(crate) plan: PlanKind,
}

impl Wish {
    /// Returns a request without a profile.
    pub(crate) fn plain(request: ScanRequest) -> Self {
        let plan = request.plan.unwrap_or_default();
        Self { request, from_profile: 0, plan }
    }

    /// Counts the place of a flag as the request has it, and says of a profile's that it is that.
    fn placed(&self, mut error: FlagError) -> FlagError {
        error.index = match error.index.map(|index| index.checked_sub(self.from_profile)) {
            Some(None) => {
                error.reason.insert_str(0, OF_PROFILE);
                None
            }
            index => index.flatten(),
        };
        error
    }
}

/// What nmap is asked to do.
pub(crate) struct Flags {
    /// Whether ports are probed, and not only whether hosts are up.
    pub(crate) probes_ports: bool,
    /// Whether its start loads scripts, probes or fingerprints.
    pub(crate) is_heavy: bool,
    pub(crate) argv: Vec<String>,
    /// The steps of a staged plan, each with its command; none for any other plan.
    pub(crate) phases: Vec<PhaseCommand>,
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
    wish: &Wish,
    standing: &Standing,
) -> Result<Result<Flags, Vec<FlagError>>, LocateError> {
    let nmap = scanner.installation().await?;
    let read = || -> Result<Flags, Vec<FlagError>> {
        let request = &wish.request;
        let parsed = Options::parse(&request.nmap_flags)?;
        let scripts = scanner.scripts(&nmap);
        let needs = parsed.needs(scripts.as_deref())?;
        let refused = grants::refused(&needs, standing, &request.confirm);
        if !refused.is_empty() {
            return Err(refused);
        }
        let (options, fallback) = parsed.options.adapt(scanner.privileges())?;
        check_interface(&options).map_err(|error| vec![error])?;
        let argv = command::template(&nmap, &options, scanner.privileges());
        let probes_ports = !options.technique.no_ports;
        let mut warnings = parsed.warnings;
        let phases = phases(&options, wish.plan, &mut warnings);
        let command = |phase: &Phase| {
            let options = options.in_phase(*phase, None);
            let argv = command::template(&nmap, &options, scanner.privileges());
            PhaseCommand { phase: *phase, argv }
        };
        Ok(Flags {
            probes_ports,
            is_heavy: options.is_heavy(),
            argv,
            phases: phases.iter().map(command).collect(),
            fallback,
            warnings,
            v4_only: options.v4_only(),
        })
    };
    Ok(read().map_err(|errors| errors.into_iter().map(|error| wish.placed(error)).collect()))
}

/// Returns the steps of a staged plan; none where it would be a single one all the same, which is
/// said.
fn phases(options: &Options, plan: PlanKind, warnings: &mut Vec<String>) -> Vec<Phase> {
    if plan == PlanKind::Single {
        return Vec::new();
    }
    let phases = options.phases();
    if phases.len() > 1 {
        if options.discovery.skip {
            warnings.push(
                "with `-Pn` every address counts as up: the staged plan has no discovery"
                    .to_owned(),
            );
        }
        return phases;
    }
    warnings.push(match options.discovery.skip {
        true => "with `-Pn` and nothing asked beyond ports, a staged plan has one step: it is a \
                 single one"
            .to_owned(),
        false => "without ports a staged plan has one step: it is a single one".to_owned(),
    });
    Vec::new()
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
        let pointer = match (error.index, error.reason.starts_with(OF_PROFILE)) {
            (Some(index), _) => format!("/nmap_flags/{index}"),
            (None, true) => "/profile".to_owned(),
            (None, false) => "/nmap_flags".to_owned(),
        };
        let code = match error.lack {
            Lack::Nothing => "flag-refused",
            Lack::Privilege => "privilege-missing",
            Lack::Right => "not-granted",
        };
        let detail = format!("`{}`: {}", error.flag, error.reason);
        field(&pointer, code, &detail)
    });
    match only_privilege {
        true => SubmitError::Privilege(errors.collect()),
        false => SubmitError::Flags(errors.collect()),
    }
}
