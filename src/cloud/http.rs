//! What HTTP's own statuses mean where an answer is none of the API's: who said so, and what there is to do about it.

use super::Code;

const fn status(
    number: u32,
    name: &'static str,
    meaning: &'static str,
    advice: &'static str,
) -> Code {
    Code {
        number,
        name,
        member: "HTTP status",
        meaning,
        advice,
    }
}

const ADDRESS: &str =
    "check the url (`set url`): is this the API's own address, such as https://HOST/client/api?";
const BETWEEN: &str =
    "what stands before the API said so: look at the proxy or load balancer, or try again later";

/// The statuses that servers, proxies and load balancers answer with by themselves.
pub static STATUSES: &[Code] = &[
    status(301, "Moved Permanently", "the address is another", ADDRESS),
    status(302, "Found", "callers are sent to another page", ADDRESS),
    status(307, "Temporary Redirect", "the address is another", ADDRESS),
    status(308, "Permanent Redirect", "the address is another", ADDRESS),
    status(
        400,
        "Bad Request",
        "the request was not understood",
        "check the values for letters that are no text, and the url (`set url`)",
    ),
    status(
        403,
        "Forbidden",
        "what stands before the API lets nobody through",
        "look at the proxy, firewall or list of allowed addresses before the API",
    ),
    status(404, "Not Found", "there is no API at this address", ADDRESS),
    status(
        407,
        "Proxy Authentication Required",
        "the proxy wants to know who asks",
        "put the proxy's user and password into the environment's proxy address",
    ),
    status(
        408,
        "Request Timeout",
        "the request came too slowly",
        "try again",
    ),
    status(
        411,
        "Length Required",
        "a proxy wants the length of the request",
        "look at the proxy between this machine and the API",
    ),
    status(
        413,
        "Content Too Large",
        "the values are larger than the server takes",
        "shorten the values",
    ),
    status(
        500,
        "Internal Server Error",
        "the server failed before the API could answer",
        "the server's log tells more",
    ),
    status(
        501,
        "Not Implemented",
        "the server does not do this",
        ADDRESS,
    ),
    status(
        502,
        "Bad Gateway",
        "the proxy got no answer from the management server",
        BETWEEN,
    ),
    status(
        503,
        "Service Unavailable",
        "no management server takes calls at the moment",
        BETWEEN,
    ),
    status(
        504,
        "Gateway Timeout",
        "the management server took too long for the proxy",
        BETWEEN,
    ),
];

/// The status of that number.
pub fn find(number: u32) -> Option<&'static Code> {
    STATUSES.iter().find(|code| code.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_stand_in_order_and_are_told_in_plain_words() {
        assert!(
            STATUSES
                .windows(2)
                .all(|pair| pair[0].number < pair[1].number)
        );
        assert_eq!(find(502).map(|code| code.name), Some("Bad Gateway"));
        assert!(find(200).is_none());
    }
}
