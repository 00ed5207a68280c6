//! For the tests of this room and of completion: catalogues to hold lines against, and random text.

use serde_json::{Value, json};

use crate::catalog::{Api, Catalog};

/// Built-ins and settings as a session has them.
pub const BUILTINS: &[&str] = &[
    "EOF", "api", "exit", "help", "history", "quit", "set", "shell", "sync", "watch",
];
pub const SETTINGS: &[&str] = &["exclude", "filter", "output", "sort", "where"];

/// A catalogue with one API of each sort.
pub fn small() -> Catalog {
    let apis = json!([
        api(
            "createNetwork",
            true,
            &[
                "*displaytext string",
                "*name string",
                "*networkofferingid uuid",
                "*zoneid uuid",
                "acltype string",
                "details map",
                "forvpc boolean",
                "vlan string"
            ]
        ),
        api(
            "createNetworkOffering",
            false,
            &["*name string", "tags map"]
        ),
        api(
            "deployVirtualMachine",
            true,
            &[
                "*serviceofferingid uuid",
                "*templateid uuid",
                "*zoneid uuid",
                "customid uuid",
                "details map",
                "iptonetworklist map",
                "name string",
                "networkids list",
                "password string",
                "size long",
                "startvm boolean",
                "userdata string"
            ]
        ),
        api(
            "listEvents",
            false,
            &["enddate date", "pagesize integer", "startdate tzdate"]
        ),
        api("listUserData", false, &[]),
        api(
            "listUsers",
            false,
            &[
                "account string",
                "id uuid",
                "listall boolean",
                "page integer",
                "pagesize integer"
            ]
        ),
        api(
            "listVirtualMachines",
            false,
            &["id uuid", "name string", "tags map", "zoneid uuid"]
        ),
        api(
            "listZones",
            false,
            &["available boolean", "filter string", "id uuid"]
        ),
        api(
            "login",
            false,
            &["*username string", "*password string", "domainId long"]
        ),
        api("logout", false, &[]),
        api("queryAsyncJobResult", false, &["*jobid uuid"]),
        api("runDiagnostics", true, &["*targetid uuid", "type string"]),
        api("startVirtualMachine", true, &["*id uuid"]),
        api("syncStoragePool", true, &["*id uuid"]),
        api("DescribeInstances", false, &["InstanceId list"]),
    ]);
    let mut apis: Vec<Api> = serde_json::from_value(apis).expect("APIs of the tests");
    for api in &mut apis {
        if api.name == "listVirtualMachines" {
            api.response = serde_json::from_value(json!([
                {"name": "id", "type": "string"},
                {"name": "name", "type": "string"},
                {"name": "nic", "type": "set", "response": [
                    {"name": "id", "type": "string"}, {"name": "ipaddress", "type": "string"}]},
                {"name": "zonename", "type": "string"}
            ]))
            .expect("fields of the tests");
        }
    }
    Catalog::of(apis)
}

/// The catalogue that a 4.11 server tells.
pub fn recorded() -> Catalog {
    let shipped = crate::cloud::usual().shipped();
    Catalog::of(shipped.expect("the shipped catalogue").apis)
}

/// `*` before a parameter means required.
fn api(name: &str, asynchronous: bool, params: &[&str]) -> Value {
    let params: Vec<Value> = params
        .iter()
        .filter_map(|param| param.trim_start_matches('*').split_once(' ').map(|(name, kind)| (param, name, kind)))
        .map(|(param, name, kind)| json!({"name": name, "type": kind, "required": param.starts_with('*')}))
        .collect();
    json!({"name": name, "isasync": asynchronous, "params": params})
}

/// Text that is random but the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `limit`, by xorshift.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// Up to `most` letters, those that have a meaning in a line more often than others.
    pub fn text(&mut self, most: usize) -> String {
        let letters: Vec<char> = " \t\n'\"\\|#=@-!?.,[]$`ab0éß日\u{3000}\u{0}\u{1b}😀"
            .chars()
            .collect();
        let count = self.below(most + 1);
        (0..count)
            .filter_map(|_| letters.get(self.below(letters.len())).copied())
            .collect()
    }

    /// A line of random letters and of pieces that lines consist of.
    pub fn line(&mut self) -> String {
        const PIECES: &[&str] = &[
            "list ",
            "users ",
            "listUsers ",
            "command=",
            "api ",
            "help ",
            "? ",
            "!",
            "shell ",
            "sync ",
            "storagepool ",
            "create network ",
            "zoneid=",
            "details[0].",
            "listall=t",
            "filter=",
            "nic.",
            "--output ",
            "-o ",
            "-h ",
            "=@-",
        ];
        let count = self.below(6);
        (0..count)
            .map(|_| match self.below(3) {
                0 => self.text(6),
                _ => PIECES
                    .get(self.below(PIECES.len()))
                    .copied()
                    .unwrap_or_default()
                    .to_string(),
            })
            .collect()
    }
}
