//! Profiles and settings: the configuration file, the environment and the flags in, one settled set of values out.

pub use disk::make_directory as private_directory;
pub use disk::read_foreign;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

pub mod elsewhere;
pub mod file;
pub mod foreign;
pub mod resolve;
pub mod secret;
pub mod settings;

mod address;
mod derived;
mod disk;

/// The profile of the built-in cloud, which is always there.
pub const DEMO: &str = "demo";

/// The profile that stands for the cloud of CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY and CLOUDSTACK_SECRET.
pub const ENVIRONMENT: &str = "environment";

/// Where things are on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub config_file: PathBuf,
    /// Whether the configuration file was named, so that it must exist.
    pub explicit: bool,
    /// Whether it is CloudMonkey's, which is read as it is and never written.
    pub foreign: bool,
    pub state: PathBuf,
    pub cache: PathBuf,
}

impl Places {
    /// Finds the places by the flag, CAPUCHIN_CONFIG and the XDG base directory specification.
    pub fn find(
        config_flag: Option<&Path>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Places> {
        let named = config_flag
            .map(|path| path.to_string_lossy().into_owned())
            .or_else(|| given(env, "CAPUCHIN_CONFIG"))
            .map(|path| expand(&path, home(env).as_deref()));
        let explicit = named.is_some();
        let config_file = match (config_flag, named) {
            // A path that is not UTF-8 has no `~/` to expand either.
            (Some(path), _) if path.to_str().is_none() => path.into(),
            (_, Some(path)) => path.into(),
            (_, None) => base(env, "XDG_CONFIG_HOME")?.join("config.toml"),
        };
        Ok(Places {
            config_file,
            explicit,
            foreign: false,
            state: base(env, "XDG_STATE_HOME")?,
            cache: base(env, "XDG_CACHE_HOME")?,
        })
    }
}

/// The program's own directory below one of the specification's.
fn base(env: &dyn Fn(&str) -> Option<String>, name: &str) -> Result<PathBuf> {
    // The specification has relative paths ignored.
    let set = given(env, name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let directory = match set {
        Some(directory) => directory,
        None => usual(env, name)?,
    };
    Ok(directory.join("capuchin"))
}

#[cfg(unix)]
fn usual(env: &dyn Fn(&str) -> Option<String>, name: &str) -> Result<PathBuf> {
    let below = match name {
        "XDG_CONFIG_HOME" => ".config",
        "XDG_STATE_HOME" => ".local/state",
        _ => ".cache",
    };
    match home(env) {
        Some(home) => Ok(Path::new(&home).join(below)),
        None => Err(no_home(name)),
    }
}

#[cfg(not(unix))]
fn usual(_: &dyn Fn(&str) -> Option<String>, name: &str) -> Result<PathBuf> {
    let known = directories::BaseDirs::new().ok_or_else(|| no_home(name))?;
    Ok(match name {
        "XDG_CONFIG_HOME" => known.config_dir().into(),
        "XDG_STATE_HOME" => known
            .state_dir()
            .unwrap_or_else(|| known.data_local_dir())
            .into(),
        _ => known.cache_dir().into(),
    })
}

fn no_home(name: &str) -> Error {
    Error::local(format!(
        "there is no home directory: neither HOME nor {name} is set"
    ))
    .hint("set HOME, or XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_CACHE_HOME, to directories")
}

fn home(env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    given(env, "HOME")
}

/// A variable's value; an empty one is as good as none.
fn given(env: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty())
}

/// The path with `~/` at its beginning as the home directory.
fn expand(path: &str, home: Option<&str>) -> String {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Path::new(home).join(rest).to_string_lossy().into_owned(),
        _ => path.into(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn places(flag: Option<&str>, vars: &[(&str, &str)]) -> Result<Places> {
        let env = |name: &str| {
            vars.iter()
                .find(|(var, _)| *var == name)
                .map(|(_, value)| (*value).to_string())
        };
        Places::find(flag.map(Path::new), &env)
    }

    #[test]
    fn places_follow_the_specification() {
        let found = places(None, &[("HOME", "/home/me")]).expect("places");
        let expected = Places {
            config_file: "/home/me/.config/capuchin/config.toml".into(),
            explicit: false,
            foreign: false,
            state: "/home/me/.local/state/capuchin".into(),
            cache: "/home/me/.cache/capuchin".into(),
        };
        assert_eq!(found, expected);
        let xdg = [
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_STATE_HOME", "/s"),
            ("XDG_CACHE_HOME", "relative"),
            ("HOME", "/home/me"),
        ];
        let found = places(None, &xdg).expect("places");
        assert_eq!(found.config_file, Path::new("/c/capuchin/config.toml"));
        assert_eq!(found.state, Path::new("/s/capuchin"));
        assert_eq!(found.cache, Path::new("/home/me/.cache/capuchin"));
    }

    #[test]
    fn a_file_is_named_by_flag_before_environment() {
        let vars = [("HOME", "/home/me"), ("CAPUCHIN_CONFIG", "~/my.toml")];
        let found = places(None, &vars).expect("places");
        assert_eq!(
            (found.config_file, found.explicit),
            ("/home/me/my.toml".into(), true)
        );
        let found = places(Some("other.toml"), &vars).expect("places");
        assert_eq!(
            (found.config_file, found.explicit),
            ("other.toml".into(), true)
        );
        let vars = [("HOME", "/home/me"), ("CAPUCHIN_CONFIG", "")];
        assert!(!places(None, &vars).expect("places").explicit);
    }

    #[test]
    fn no_home_is_told() {
        let error = places(None, &[("HOME", "")]).expect_err("no home");
        assert!(error.message.contains("HOME"), "{error}");
        let xdg = [
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_STATE_HOME", "/s"),
            ("XDG_CACHE_HOME", "/k"),
        ];
        assert!(places(None, &xdg).is_ok());
    }
}
