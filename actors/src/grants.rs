//! Whether whoever asks for a scan may have what its options need. A function of values.

use netscan_nmap::options::{FlagError, Need, Right};
use netscan_schemas::{
    ProjectId, Role,
    grants::{Confirmation, Grants, ScriptTier},
};

/// Who asks, and for which project.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    /// None for one that is made when a scan needs it.
    pub(crate) project: Option<ProjectId>,
    pub(crate) grants: Grants,
}

/// Returns the flags that may not be used, each with what would mend it.
pub(crate) fn refused(
    needs: &[Need],
    standing: &Standing,
    confirmed: &[Confirmation],
) -> Vec<FlagError> {
    let mend = |need: &Need| standing.mend(need.right, confirmed).map(|mend| need.refused(&mend));
    needs.iter().filter_map(mend).collect()
}

impl Standing {
    /// Returns what to do for a right to hold, if it does not.
    fn mend(&self, right: Right, confirmed: &[Confirmation]) -> Option<String> {
        let is_admin = self.role >= Role::Admin;
        let (is_granted, grant) = match right {
            Right::Evasion => (self.grants.evasion, "--evasion on"),
            Right::Scripts(tier) if tier <= self.grants.scripts => (true, ""),
            Right::Scripts(ScriptTier::All) => (false, "--scripts all"),
            Right::Scripts(_) => (false, "--scripts intrusive"),
        };
        let for_admins = match right {
            Right::Evasion | Right::Scripts(ScriptTier::All) => true,
            Right::Scripts(ScriptTier::Safe | ScriptTier::Intrusive) => false,
        };
        let is_confirmed = right != Right::Scripts(ScriptTier::All)
            || confirmed.contains(&Confirmation::DangerousScripts);
        let mut steps = Vec::new();
        if for_admins && !is_admin {
            steps.push(format!("an admin has to start such a scan, and you are {}", self.role));
        }
        if !is_granted {
            steps.push(format!("the project needs a grant: {}", self.command(grant)));
        }
        if !is_confirmed {
            steps.push(
                "the scan has to say that it is wanted: `--confirm-dangerous-scripts`, or \
                 `\"confirm\": [\"dangerous-scripts\"]` in the request"
                    .to_owned(),
            );
        }
        (!steps.is_empty()).then(|| steps.join("; "))
    }

    /// Returns the command of an admin that grants this.
    fn command(&self, grant: &str) -> String {
        match self.project {
            Some(project) => format!("`netscan projects grant {project} {grant} --note WHY`"),
            None => format!(
                "`netscan projects add NAME`, then `netscan projects grant NAME {grant} --note WHY`"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(right: Right) -> Need {
        Need { index: Some(2), flag: "-x", why: "it harms".to_owned(), right }
    }

    /// Every role with every grant, right and word: what security.md's table says.
    #[test]
    fn who_may_have_what() {
        use ScriptTier::{All, Intrusive, Safe};
        let confirm = [Confirmation::DangerousScripts];
        let rights = [Right::Evasion, Right::Scripts(Intrusive), Right::Scripts(All)];
        let mut allowed = 0;
        for role in [Role::Viewer, Role::Operator, Role::Admin] {
            for scripts in [Safe, Intrusive, All] {
                for evasion in [false, true] {
                    for confirmed in [&[][..], &confirm] {
                        for right in rights {
                            let grants = Grants { scripts, evasion };
                            let project = ProjectId::new(7);
                            let standing = Standing { role, project, grants };
                            let may = match right {
                                Right::Evasion => role == Role::Admin && evasion,
                                Right::Scripts(All) => {
                                    role == Role::Admin && scripts == All && !confirmed.is_empty()
                                }
                                Right::Scripts(_) => scripts != Safe,
                            };
                            let errors = refused(&[need(right)], &standing, confirmed);
                            assert_eq!(errors.is_empty(), may, "{standing:?} {right:?}");
                            allowed += usize::from(may);
                        }
                    }
                }
            }
        }
        assert_eq!(allowed, 6 + 24 + 2);
    }

    #[test]
    fn what_mends_it_is_said() {
        let said = |role, grants, right, confirmed: &[Confirmation]| {
            let standing = Standing { role, project: ProjectId::new(7), grants };
            let errors = refused(&[need(right)], &standing, confirmed);
            errors.into_iter().next().map(|error| error.reason)
        };
        let none = Grants::default();
        let all = Grants { scripts: ScriptTier::All, evasion: true };
        let dangerous = Right::Scripts(ScriptTier::All);
        let text = said(Role::Admin, none, Right::Evasion, &[]).unwrap();
        assert_eq!(
            text,
            "it harms; the project needs a grant: `netscan projects grant 7 --evasion on --note \
             WHY`"
        );
        let text = said(Role::Operator, none, Right::Scripts(ScriptTier::Intrusive), &[]).unwrap();
        assert!(text.contains("grant 7 --scripts intrusive --note WHY`"), "{text}");
        assert!(!text.contains("admin has to start"), "{text}");
        let text = said(Role::Operator, all, Right::Evasion, &[]).unwrap();
        assert_eq!(text, "it harms; an admin has to start such a scan, and you are operator");
        let text = said(Role::Operator, none, dangerous, &[]).unwrap();
        for part in ["you are operator", "--scripts all", "--confirm-dangerous-scripts"] {
            assert!(text.contains(part), "{text}");
        }
        let text = said(Role::Admin, all, dangerous, &[]).unwrap();
        assert!(text.starts_with("it harms; the scan has to say"), "{text}");
        assert_eq!(said(Role::Admin, all, dangerous, &[Confirmation::DangerousScripts]), None);
        let nowhere = Standing { role: Role::Admin, project: None, grants: none };
        let errors = refused(&[need(Right::Evasion)], &nowhere, &[]);
        assert!(errors[0].reason.contains("`netscan projects add NAME`, then"), "{errors:?}");
    }
}
