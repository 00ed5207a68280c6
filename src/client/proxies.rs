//! Proxies as the environment names them: variables in, which proxy an address is reached through out.
//! Their passwords are never shown.

use hyper_util::client::proxy::matcher::Matcher;

use crate::config::secret::Secret;
use crate::error::{Error, Result};

/// A proxy and where it was named.
#[derive(Clone, Debug, PartialEq)]
pub struct Proxy {
    url: Secret,
    /// `host:port` and the variable, for messages.
    pub shown: String,
    variable: &'static str,
    /// Whether it is itself spoken to with TLS.
    secure: bool,
}

impl Proxy {
    /// The variable that names it.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// Where it is.
    pub fn host_and_port(&self) -> Option<(String, u16)> {
        let url = reqwest::Url::parse(self.url.expose()).ok()?;
        let port = url.port_or_known_default().unwrap_or(1080);
        Some((url.host_str()?.to_string(), port))
    }
}

/// What the environment says of proxies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    /// The hosts that are reached without one, as in NO_PROXY.
    no: String,
}

impl Proxies {
    /// Reads the variables as curl does, lower case before upper; HTTP_PROXY is what a CGI program's caller can set, so
    /// there only the lower case counts.
    pub fn read(env: &dyn Fn(&str) -> Option<String>) -> Result<Proxies> {
        let cgi = env("REQUEST_METHOD").is_some();
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let value = env(name).filter(|value| !value.trim().is_empty())?;
                (!cgi || *name != "HTTP_PROXY").then_some((*name, value))
            })
        };
        let proxy = |names: &[&'static str]| {
            first(names)
                .map(|(name, value)| parse(name, value.trim()))
                .transpose()
        };
        let no = first(&["no_proxy", "NO_PROXY"]).map_or(String::new(), |(_, value)| value);
        // The matcher knows the star for names and not for addresses.
        if no.split(',').any(|host| host.trim() == "*") {
            return Ok(Proxies::default());
        }
        let all = proxy(&["all_proxy", "ALL_PROXY"])?;
        Ok(Proxies {
            http: proxy(&["http_proxy", "HTTP_PROXY"])?.or_else(|| all.clone()),
            https: proxy(&["https_proxy", "HTTPS_PROXY"])?.or(all),
            no,
        })
    }

    /// Whether TLS is needed to reach any of them.
    pub fn secure(&self) -> bool {
        [&self.http, &self.https]
            .into_iter()
            .flatten()
            .any(|proxy| proxy.secure)
    }

    /// The proxy that an address is reached through.
    pub fn to(&self, url: &str) -> Option<&Proxy> {
        let proxy = if url.starts_with("https:") {
            self.https.as_ref()?
        } else {
            self.http.as_ref()?
        };
        let address = url.parse().ok()?;
        let matcher = Matcher::builder()
            .all("http://any")
            .no(self.no.as_str())
            .build();
        matcher.intercept(&address).map(|_| proxy)
    }

    /// Has the HTTP client use these and no others.
    pub fn give_to(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let mut builder = builder.no_proxy();
        let no = || reqwest::NoProxy::from_string(&self.no);
        if let Some(proxy) = &self.http {
            let made = reqwest::Proxy::http(proxy.url.expose()).map_err(|_| bad(proxy.variable))?;
            builder = builder.proxy(made.no_proxy(no()));
        }
        if let Some(proxy) = &self.https {
            let made =
                reqwest::Proxy::https(proxy.url.expose()).map_err(|_| bad(proxy.variable))?;
            builder = builder.proxy(made.no_proxy(no()));
        }
        Ok(builder)
    }
}

fn parse(variable: &'static str, value: &str) -> Result<Proxy> {
    let whole = if value.contains("://") {
        value.to_string()
    } else {
        format!("http://{value}")
    };
    let url = reqwest::Url::parse(&whole).map_err(|_| bad(variable))?;
    let known = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    let (Some(host), true) = (url.host_str(), known.contains(&url.scheme())) else {
        return Err(bad(variable));
    };
    let port = url
        .port_or_known_default()
        .map_or(String::new(), |port| format!(":{port}"));
    Ok(Proxy {
        shown: format!("{host}{port} ({variable})"),
        secure: url.scheme() == "https",
        url: Secret::new(whole),
        variable,
    })
}

/// The value may hold a password, so it is not part of the error.
fn bad(variable: &str) -> Error {
    Error::local(format!("{variable} is no address of a proxy"))
        .hint(format!(
            "{variable}=http://HOST:PORT is wanted (http, https or socks5), or unset {variable}"
        ))
        .hint("letters such as @ : / # in a user name or password are written as %40 %3A %2F %23")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Proxies> {
        Proxies::read(&|name| {
            vars.iter()
                .find(|(var, _)| *var == name)
                .map(|(_, value)| value.to_string())
        })
    }

    fn to(vars: &[(&str, &str)], url: &str) -> Option<String> {
        let proxies = read(vars).unwrap();
        proxies.to(url).map(|proxy| proxy.shown.clone())
    }

    #[test]
    fn an_address_has_the_proxy_of_its_scheme_unless_it_is_named_as_having_none() {
        const BOTH: [(&str, &str); 2] = [
            ("http_proxy", "http://plain:3128"),
            ("HTTPS_PROXY", "secure:3129"),
        ];
        let all = [("ALL_PROXY", "socks5://any:1080"), BOTH[0]];
        let no = |value| {
            let named = [BOTH[0], ("NO_PROXY", value)];
            to(&named, "http://127.0.0.1:8080/client/api").is_none()
        };
        let cloud = "https://cloud.example.org/client/api";
        assert_eq!(to(&BOTH, cloud).unwrap(), "secure:3129 (HTTPS_PROXY)");
        assert_eq!(
            to(&BOTH, "http://127.0.0.1:8080/").unwrap(),
            "plain:3128 (http_proxy)"
        );
        assert_eq!(to(&all, cloud).unwrap(), "any:1080 (ALL_PROXY)");
        assert_eq!(
            to(&all, "http://cloud/").unwrap(),
            "plain:3128 (http_proxy)"
        );
        assert_eq!(to(&[], cloud), None);
        assert!(no("localhost, 127.0.0.1") && no("127.0.0.0/8") && no("*"));
        // Only what is named goes without: loopback is as good as any other.
        assert!(!no("localhost") && !no(""));
    }

    #[test]
    fn the_lower_case_wins_and_a_cgi_caller_sets_nothing() {
        let both = [("HTTP_PROXY", "upper:1"), ("http_proxy", "lower:1")];
        let cgi = [("HTTP_PROXY", "upper:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(to(&both, "http://c/").unwrap(), "lower:1 (http_proxy)");
        assert_eq!(to(&both[..1], "http://c/").unwrap(), "upper:1 (HTTP_PROXY)");
        assert_eq!(to(&cgi, "http://c/"), None);
    }

    #[test]
    fn passwords_are_never_shown() {
        let vars = [("https_proxy", "http://me:hunter2@proxy:3128")];
        let proxies = read(&vars).unwrap();
        assert_eq!(
            proxies.to("https://c/").unwrap().shown,
            "proxy:3128 (https_proxy)"
        );
        assert!(!format!("{proxies:?}").contains("hunter2"));
        for bad in [
            "http://me:hunter2@",
            "ftp://me:hunter2@proxy",
            "http://me:hunter2@proxy:99999",
        ] {
            let error = read(&[("https_proxy", bad)]).unwrap_err();
            assert_eq!(error.status(), 7);
            assert!(error.message.starts_with("https_proxy "), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
