//! Host names: letters, digits and hyphens in labels, and nothing that libc takes for a number.

use std::fmt;

/// Characters of a name, after RFC 1035.
const NAME_MAX: usize = 253;
/// Characters of one label, after RFC 1035.
const LABEL_MAX: usize = 63;

/// A host name that may be resolved. Holding one proves that it is plain ASCII and that nobody
/// reads it as an address or an option.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// Reads a name; a dot at its end is left out.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() > NAME_MAX {
            let length = name.len();
            return Err(format!(
                "a host name has at most {NAME_MAX} characters, this has {length}"
            ));
        }
        for label in name.split('.') {
            check_label(label)?;
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if is_number(last) {
            return Err(format!(
                "a name may not end in a number (`{last}`), libc reads it as an address: write an \
                 address as four decimal numbers"
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// Returns the name as written, without a dot at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_label(label: &str) -> Result<(), String> {
    if label.is_empty() {
        return Err("a part of the name is empty: two dots in a row, or one at its start".into());
    }
    if label.len() > LABEL_MAX {
        let length = label.len();
        return Err(format!("a part of a name has at most {LABEL_MAX} characters, not {length}"));
    }
    if let Some(bad) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return Err(format!(
            "`{}` is not allowed in a host name: it has letters, digits, `-` and `.`",
            bad.escape_debug()
        ));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(format!("the part `{label}` of the name begins or ends with `-`"));
    }
    Ok(())
}

/// Returns whether libc reads this as a number: decimal, octal, or hexadecimal after `0x`.
fn is_number(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
