//! What the clients of HTTP ask for, and which reply they expect.

use echo_protocol::{BYTES, HttpAsk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::error::LoadError;
use crate::plan::limits;
use crate::plan::target::Target;

/// What the clients of HTTP ask for. All other protocols ignore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    /// The path of every request. `{bytes}` in it becomes the payload size, and the body of the reply must have as many bytes.
    pub path: String,
    /// The field `Host`; absent for the address of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The expected status.
    pub status: u16,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            path: format!("/{BYTES}"),
            host: None,
            status: 200,
        }
    }
}

impl Http {
    /// True if it asks for a body of the payload size, and expects status 200.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// True if the path says how long the body must be.
    pub fn names_bytes(&self) -> bool {
        self.path.contains(BYTES)
    }

    /// The request line for a number of bytes, as people read it: `GET /64`.
    pub fn request_line(&self, bytes: &str) -> String {
        format!("GET {}", self.path.replacen(BYTES, bytes, 1))
    }

    /// The requests for a server at this address, and the expected replies.
    pub(crate) fn ask(&self, target: &Target, reply_size: Option<u32>) -> HttpAsk {
        let host = match (&self.host, target) {
            (Some(host), _) => host.clone(),
            (None, Target::Tcp(address) | Target::Udp(address)) => address.to_string(),
            (None, Target::Unix(_)) => "localhost".to_owned(),
        };
        HttpAsk::new(&self.path, &host, self.status, reply_size.map(u64::from))
    }

    /// Checks that every field can stand in a request.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let is_visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_path = |text: &str| text.starts_with('/') && is_visible(text) && !text.contains('#');
        if !is_path(&self.path) || self.path.len() > limits::PATH {
            return Err(LoadError::Path {
                path: self.path.clone(),
            });
        }
        let is_host = |host: &String| {
            !host.is_empty()
                && is_visible(host)
                && host.len() <= limits::HOST
                && !host.contains('/')
        };
        if let Some(host) = self.host.as_ref().filter(|host| !is_host(host)) {
            return Err(LoadError::Host { host: host.clone() });
        }
        limits::check("status", self.status.into(), limits::STATUS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(http: &Http) -> String {
        http.check().unwrap_err().to_string()
    }

    #[test]
    fn a_path_that_breaks_the_request_is_refused_with_an_example() {
        let long = format!("/{}", "x".repeat(limits::PATH));
        for path in ["", "index.html", "/a b", "/a\r\nX: y", "/ü", "/a#b", &long] {
            let http = Http {
                path: path.to_owned(),
                ..Http::default()
            };
            assert!(error(&http).ends_with("--path /index.html"), "{path}");
        }
        let http = Http {
            path: "/a%20b?c={bytes}".to_owned(),
            ..Http::default()
        };
        http.check().unwrap();
        assert_eq!(http.request_line("64"), "GET /a%20b?c=64");
    }

    #[test]
    fn a_host_and_a_status_are_checked_too() {
        for host in ["", "a b", "a/b", "a\r\nb"] {
            let http = Http {
                host: Some(host.to_owned()),
                ..Http::default()
            };
            assert!(error(&http).ends_with("--host example.org"), "{host}");
        }
        for status in [0, 100, 199, 600] {
            let http = Http {
                status,
                ..Http::default()
            };
            assert!(error(&http).ends_with("from 200 to 599"), "{status}");
        }
    }
}
