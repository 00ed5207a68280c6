//! A command of the user's shell in, the secret key that it prints out: for keys that a keeper of secrets holds.

use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::process::{Command, Stdio};

use crate::config::secret::Secret;
use crate::error::{Error, Result};

/// No secret key is longer than this, in bytes.
const LONGEST: u64 = 4096;

/// Runs the command and takes the first line of what it prints, which no error repeats.
pub fn printed(shell: &str, command: &str) -> Result<Secret> {
    let failed = |what: String| {
        Error::local(format!("secretkey_command `{command}` {what}"))
            .hint("run it by hand: the first line that it prints is to be the secret key")
    };
    // It may ask for a passphrase at the terminal, and nothing else on standard input is meant for it.
    let stdin = match io::stdin().is_terminal() {
        true => Stdio::inherit(),
        false => Stdio::null(),
    };
    let mut child = Command::new(shell)
        .arg("-c")
        .arg(command)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| failed(format!("was not run: {shell} could not be started: {why}")))?;
    let line = child.stdout.take().map_or(Ok(Vec::new()), first_line);
    let status = child
        .wait()
        .map_err(|why| failed(format!("could not be waited for: {why}")))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    let line = line.map_err(|why| failed(format!("could not be read: {why}")))?;
    if line.trim_ascii().is_empty() {
        return Err(failed(format!("printed no secret key ({status})")));
    }
    let secret = std::str::from_utf8(&line).map_or("", str::trim);
    let wrong = |letter: char| letter.is_whitespace() || letter.is_control();
    if secret.is_empty() || secret.contains(wrong) || line.len() as u64 >= LONGEST {
        return Err(failed(format!(
            "printed something else than a secret key, which is one word ({status})"
        )));
    }
    Ok(Secret::new(secret))
}

/// The first line; the rest is read too, so that the command can end by itself.
fn first_line(output: impl Read) -> io::Result<Vec<u8>> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    (&mut output).take(LONGEST).read_until(b'\n', &mut line)?;
    io::copy(&mut output, &mut io::sink())?;
    Ok(line)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_secret_and_nothing_else_will_do() {
        for (command, key) in [
            ("echo KEY", "KEY"),
            ("printf KEY", "KEY"),
            ("printf 'KEY\\r\\nlogin: me\\n'", "KEY"),
            ("echo KEY; yes | head -n 100000", "KEY"),
        ] {
            let secret = printed("/bin/sh", command).expect(command);
            assert_eq!(secret.expose(), key, "{command}");
        }
        for (command, says) in [
            ("echo HUSH; exit 3", "failed (exit status: 3)"),
            ("echo HUSH; kill -9 $$", "failed (signal: 9"),
            (":", "printed no secret key (exit status: 0)"),
            ("echo; echo HUSH", "printed no secret key"),
            ("echo HUSH HUSH", "one word"),
            ("printf '\\377HUSH'", "one word"),
            ("yes HUSH | tr -d '\\n' | head -c 9999", "one word"),
        ] {
            let error = printed("/bin/sh", command).expect_err(command);
            assert_eq!(error.status(), 7);
            let head = format!("secretkey_command `{command}` ");
            let what = error.message.strip_prefix(&head).expect(&error.message);
            assert!(what.contains(says), "{error}");
            assert!(!what.contains("HUSH"), "{error}");
        }
        let error = printed("/no/shell", "echo KEY").expect_err("no shell");
        assert!(error.message.contains("/no/shell"), "{error}");
    }
}
