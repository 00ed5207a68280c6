//! The fields of answers: names, types and meanings, shared by all APIs that answer the same kind of thing.

/// A field of an answer. They are declared in the order in which answers have them.
pub struct Field {
    pub name: &'static str,
    pub kind: &'static str,
    pub about: &'static str,
}

pub const fn field(name: &'static str, kind: &'static str, about: &'static str) -> Field {
    Field { name, kind, about }
}

/// The fields of an answer as lines of `name kind "about"`.
macro_rules! fields {
    ($($constant:ident: $($name:ident $kind:ident $about:literal),+ $(,)?;)+) => {
        $(pub const $constant: &[crate::api::fields::Field] =
            &[$(crate::api::fields::field(stringify!($name), stringify!($kind), $about)),+];)+
    };
}

pub const SUCCESS: &[Field] = &[
    field("success", "boolean", "true if it was done"),
    field("displaytext", "string", "what there is to say about it"),
];

pub const KEYS: &[Field] = &[
    field("apikey", "string", "the new API key"),
    field("secretkey", "string", "the new secret key, told this once"),
];

fields! {
    VOLUME: id string "the id of the volume", name string "its name", zoneid string "the zone it is in",
        zonename string "that zone's name", r#type string "ROOT or DATADISK", deviceid long "its place in the machine",
        virtualmachineid string "the machine it is attached to", templateid string "what a ROOT volume was made of",
        templatename string "that template's name", templatedisplaytext string "what that template is",
        vmname string "that machine's name", vmdisplayname string "that machine's name for people",
        vmstate string "that machine's state", provisioningtype string "thin, sparse or fat",
        size long "its size in bytes", created date "when it was made", state string "Allocated, Ready …",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", storagetype string "shared or local",
        hypervisor string "what runs its machines", diskofferingid string "its disk offering",
        diskofferingname string "that offering's name", diskofferingdisplaytext string "what that offering is",
        storage string "the storage pool it is in", attached date "when it was attached",
        destroyed boolean "whether it is gone but not yet removed",
        serviceofferingid string "the offering of the machine that it is the root volume of",
        serviceofferingname string "that offering's name", serviceofferingdisplaytext string "what that offering is",
        isextractable boolean "whether it can be taken out", displayvolume boolean "whether users see it",
        path string "where it is in the storage pool", storageid string "the storage pool's id",
        quiescevm boolean "whether its machine is held for snapshots",
        clusterid string "the cluster of its storage pool", clustername string "that cluster's name",
        podid string "the pod of its storage pool", podname string "that pod's name", tags list "its tags";
    UPLOAD: id uuid "the id of the new volume or template", postURL url "where the file goes, by POST",
        metadata string "what goes with it as x-metadata", expires string "until when it may come, as x-expires",
        signature string "what goes with it as x-signature";
    ZONE: id string "the id of the zone", name string "its name", dns1 string "its first DNS server",
        internaldns1 string "the first DNS server for its own machines", guestcidraddress string "the guests' network",
        networktype string "Basic or Advanced", securitygroupsenabled boolean "whether security groups work there",
        allocationstate string "Enabled or Disabled", zonetoken string "its token",
        dhcpprovider string "who answers DHCP", localstorageenabled boolean "whether hosts' disks are used",
        tags list "its tags";
    POD: id string "the id of the pod", name string "its name", zoneid string "the zone it is in",
        zonename string "that zone's name", gateway string "its gateway", netmask string "its netmask",
        startip string "its first address", endip string "its last address",
        forsystemvms list "whether its addresses are for system VMs alone", vlanid list "the VLANs of its addresses",
        allocationstate string "Enabled or Disabled";
    CLUSTER: id string "the id of the cluster", name string "its name", podid string "the pod it is in",
        podname string "that pod's name", zoneid string "the zone it is in", zonename string "that zone's name",
        hypervisortype string "what runs its machines", clustertype string "who manages it",
        allocationstate string "Enabled or Disabled", managedstate string "Managed or not",
        cpuovercommitratio string "how many times its processors are given out",
        memoryovercommitratio string "how many times its memory is given out", resourcedetails map "both of those";
    HOST: id string "the id of the host", name string "its name", state string "Up, Down …",
        r#type string "what it is for", ipaddress string "its address", zoneid string "the zone it is in",
        zonename string "that zone's name", podid string "the pod it is in", podname string "that pod's name",
        version string "its agent's version", hypervisor string "what runs its machines",
        cpunumber integer "its processors", cpuspeed long "their speed in MHz",
        cpuallocated string "how much of its processors is given out",
        cpuused string "how much of its processors is used",
        cpuwithoverprovisioning string "its processors in MHz, as often as they are given out",
        networkkbsread long "how many kB came in", networkkbswrite long "how many kB went out",
        memorytotal long "its memory in bytes",
        memorywithoverprovisioning string "its memory in bytes, as often as it is given out",
        memoryallocated long "how much memory is given out", memoryused long "how much of its memory is used",
        capabilities string "what it is able to do", lastpinged date "when it was last heard of",
        managementserverid long "the management server that it reports to", clusterid string "the cluster it is in",
        clustername string "that cluster's name", clustertype string "who manages its cluster",
        islocalstorageactive boolean "whether its own disks are used", created date "when it was added",
        events string "what can happen to it", resourcestate string "Enabled, Maintenance …",
        hahost boolean "whether it is kept for machines that are restarted elsewhere";
    POOL: id string "the id of the storage pool", zoneid string "the zone it is in", zonename string "that zone's name",
        podid string "the pod it is in", podname string "that pod's name", name string "its name",
        ipaddress string "its address", path string "its path", created date "when it was added",
        r#type string "what it is spoken to by", clusterid string "the cluster it serves",
        clustername string "that cluster's name", disksizetotal long "its size in bytes",
        disksizeallocated long "how much of that is given out", disksizeused long "how much of it is used, in bytes",
        state string "Up, Maintenance …", scope string "what it serves",
        overprovisionfactor string "how many times it is given out", provider string "who provides it",
        storagecapabilities map "what it is able to do";
    TEMPLATE: id string "the id of the template", name string "its name", displaytext string "what it is",
        ispublic boolean "whether everybody may use it", created date "when it was added",
        isready boolean "whether machines can be made of it",
        passwordenabled boolean "whether its password can be reset", format string "its disk format",
        isfeatured boolean "whether it is recommended", crossZones boolean "whether it is in every zone",
        ostypeid string "that system's id", ostypename string "the operating system in it",
        account string "whose it is", projectid string "the project it belongs to",
        project string "that project's name", details map "its details",
        templatetag string "its tag, for hosts to have", zoneid string "the zone it is in",
        zonename string "that zone's name", status string "how far its download is", size long "its size in bytes",
        physicalsize long "how many bytes it takes", templatetype string "SYSTEM, BUILTIN or USER",
        hypervisor string "what it runs on", domain string "the domain it belongs to",
        domainid string "that domain's id", isextractable boolean "whether it can be taken out",
        checksum string "its MD5 sum", bits int "32 or 64", sshkeyenabled boolean "whether it takes SSH keys",
        isdynamicallyscalable boolean "whether machines of it scale while they run",
        directdownload boolean "whether hosts fetch it themselves", tags list "its tags";
    SERVICEOFFERING: id string "the id of the offering", name string "its name", displaytext string "what it is",
        cpunumber integer "how many processors", cpuspeed integer "their speed in MHz",
        memory integer "the memory in MB", created date "when it was made", storagetype string "shared or local",
        provisioningtype string "thin, sparse or fat", offerha boolean "whether machines are restarted elsewhere",
        limitcpuuse boolean "whether idle CPU is left unused",
        isvolatile boolean "whether the root volume is made anew at each start",
        issystem boolean "whether it is for system VMs", defaultuse boolean "whether system VMs use it by default",
        iscustomized boolean "whether sizes are free";
    DISKOFFERING: id string "the id of the offering", name string "its name", displaytext string "what it is",
        disksize long "the size in GB", created date "when it was made",
        iscustomized boolean "whether the size is free", storagetype string "shared or local",
        provisioningtype string "thin, sparse or fat", displayoffering boolean "whether users see it";
    NETWORKOFFERING: id string "the id of the offering", name string "its name", displaytext string "what it is",
        traffictype string "what it carries", isdefault boolean "whether it came with the cloud",
        specifyvlan boolean "whether a VLAN is given", conservemode boolean "whether an address serves several rules",
        specifyipranges boolean "whether address ranges are given", availability string "Required, Optional …",
        networkrate integer "the rate in Mb/s", state string "Enabled or Disabled",
        guestiptype string "Isolated or Shared", serviceofferingid string "the service offering of its routers",
        service list "the services it has", created date "when it was made", forvpc boolean "whether it is for VPCs",
        ispersistent boolean "whether it stays without machines",
        egressdefaultpolicy boolean "whether everything may go out by default",
        supportsstrechedl2subnet boolean "whether its networks span zones",
        supportspublicaccess boolean "whether its networks are reached from outside";
    NETWORK: id string "the id of the network", name string "its name", displaytext string "what it is",
        broadcastdomaintype string "what carries its packets", traffictype string "what it carries",
        gateway string "its gateway", netmask string "its netmask", cidr string "its addresses",
        zoneid string "the zone it is in", zonename string "that zone's name", networkofferingid string "its offering",
        networkofferingname string "that offering's name", networkofferingdisplaytext string "what that offering is",
        networkofferingconservemode boolean "whether an address serves several rules",
        networkofferingavailability string "Required, Optional …", issystem boolean "whether it is the cloud's own",
        state string "Allocated, Implemented …", related string "the network that it goes with", broadcasturi string "what carries it",
        dns1 string "its first DNS server", r#type string "Isolated or Shared", acltype string "Account or Domain",
        account string "whose it is", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", service list "the services it has", networkdomain string "its DNS domain",
        physicalnetworkid string "the physical network that carries it", vlan string "its VLAN",
        vpcid string "the VPC it is part of", aclid string "that tier's ACL",
        restartrequired boolean "whether it has to be restarted",
        specifyipranges boolean "whether address ranges are given",
        canusefordeploy boolean "whether machines can be made in it",
        ispersistent boolean "whether it stays without machines", tags list "its tags",
        displaynetwork boolean "whether users see it", strechedl2subnet boolean "whether it spans zones",
        broadcasturi string "what carries it", redundantrouter boolean "whether it has a second router";
    MACHINE: id string "the id of the virtual machine", name string "its name",
        displayname string "its name for people", account string "whose it is",
        projectid string "the project it belongs to", project string "that project's name",
        userid string "the user that made it", username string "that user's name",
        domainid string "the domain it belongs to", domain string "that domain's name", created date "when it was made",
        state string "Running, Stopped …", haenable boolean "whether it is restarted elsewhere",
        zoneid string "the zone it is in", zonename string "that zone's name", hostid string "the host it runs on",
        hostname string "that host's name", templateid string "what it was made of",
        templatename string "that template's name", templatedisplaytext string "what that template is",
        isoid string "the ISO in its CD drive", isoname string "that ISO's name",
        isodisplaytext string "what that ISO is", password string "the password that it was given, told this once",
        diskofferingid string "the offering of its first data disk", diskofferingname string "that offering's name",
        passwordenabled boolean "whether its password can be reset", serviceofferingid string "its offering",
        serviceofferingname string "that offering's name", cpunumber integer "its processors",
        cpuspeed integer "their speed in MHz", memory integer "its memory in MB", group string "its group",
        cpuused string "how much of its processors it uses", networkkbsread long "how many kB came in",
        networkkbswrite long "how many kB went out", diskkbsread long "how many kB were read",
        diskkbswrite long "how many kB were written", memorykbs long "how much memory it uses",
        memoryintfreekbs long "how much of it is free", memorytargetkbs long "how much it may have",
        diskioread long "how often its disks were read", diskiowrite long "how often they were written",
        guestosid string "the operating system in it", rootdeviceid long "the place of its root volume",
        rootdevicetype string "what its root device is", securitygroup list "the security groups it is in",
        nic set "its network interfaces", hypervisor string "what runs it",
        publicipid string "its own public address by static NAT", publicip string "that address",
        instancename string "its name on the host", details map "its details", keypair string "its SSH key pair",
        affinitygroup list "the affinity groups it is in", displayvm boolean "whether users see it",
        isdynamicallyscalable boolean "whether it scales while it runs", ostypeid long "that system's number",
        tags list "its tags", groupid string "that group's id";
    USER: id string "the id of the user", username string "the name to log in with", firstname string "first name",
        lastname string "last name", email string "mail address", created date "when it was made",
        state string "enabled, disabled, locked", account string "the account it belongs to",
        accounttype short "0 user, 1 root administrator, 2 domain administrator", usersource string "where it was made",
        roleid string "its role", roletype string "the kind of its role", rolename string "the name of its role",
        domainid string "the domain it belongs to", domain string "that domain's name", timezone string "its time zone",
        apikey string "its API key", secretkey string "its secret key", accountid string "the account's id",
        iscallerchilddomain boolean "whether it is in a domain below the caller's",
        isdefault boolean "whether it is one of the cloud's first";
    ACCOUNT: id string "the id of the account", name string "its name",
        accounttype short "0 user, 1 root administrator, 2 domain administrator", roleid string "its role",
        roletype string "the kind of its role", rolename string "the name of its role",
        domainid string "the domain it belongs to", domain string "that domain's name",
        receivedbytes long "how much came in", sentbytes long "how much went out",
        defaultzoneid string "the zone of its machines where nobody says which",
        vmlimit string "how many virtual machines there may be", vmtotal long "how many machines it has",
        vmavailable string "how many virtual machines there may be besides",
        iplimit string "how many public addresses there may be", iptotal long "how many public addresses",
        ipavailable string "how many public addresses there may be besides",
        volumelimit string "how many volumes there may be", volumetotal long "how many volumes it has",
        volumeavailable string "how many volumes there may be besides",
        snapshotlimit string "how many snapshots there may be", snapshottotal long "how many snapshots",
        snapshotavailable string "how many snapshots there may be besides",
        templatelimit string "how many templates there may be", templatetotal long "how many templates",
        templateavailable string "how many templates there may be besides", vmstopped integer "how many are stopped",
        vmrunning integer "how many machines run", projectlimit string "how many projects there may be",
        projecttotal long "how many projects", projectavailable string "how many projects there may be besides",
        networklimit string "how many networks there may be", networktotal long "how many networks it has",
        networkavailable string "how many networks there may be besides", vpclimit string "how many VPCs there may be",
        vpctotal long "how many VPCs", vpcavailable string "how many VPCs there may be besides",
        cpulimit string "how many processors there may be", cputotal long "how many processors",
        cpuavailable string "how many processors there may be besides",
        memorylimit string "how many MB of memory there may be", memorytotal long "how many MB of memory",
        memoryavailable string "how many MB of memory there may be besides",
        primarystoragelimit string "how many GB of volumes there may be",
        primarystoragetotal long "how many GB of volumes",
        primarystorageavailable string "how many GB of volumes there may be besides",
        secondarystoragelimit string "how many GB of templates and snapshots there may be",
        secondarystoragetotal float "how many GB of templates and snapshots",
        secondarystorageavailable string "how many GB of templates and snapshots there may be besides",
        state string "enabled, disabled, locked", user list "its users",
        isdefault boolean "whether it came with the cloud", groups list "its groups";
    DOMAIN: id string "the id of the domain", name string "its name", level integer "how deep below ROOT it is",
        parentdomainid string "the domain above", parentdomainname string "that domain's name",
        haschild boolean "whether there are domains below", path string "its path from ROOT", state string "Active";
    USAGETYPE: usagetypeid integer "its number", description string "what it is";
    USAGERECORD: account string "the account that used it", accountid string "that account's id",
        domainid string "the domain it belongs to", domain string "that domain's name",
        zoneid string "the zone it is in", description string "what was used", usage string "how much, with its unit",
        usagetype integer "its type", rawusage string "how much", virtualmachineid string "the machine",
        name string "that machine's name", offeringid string "its offering", templateid string "what it was made of",
        usageid string "the id of what was used", size long "its size in bytes", r#type string "what runs it",
        cpunumber long "its processors", cpuspeed long "their speed in MHz", memory long "its memory in MB",
        startdate string "where the record's time begins", enddate string "where it ends",
        issourcenat boolean "whether it is its network's source NAT address",
        issystem boolean "whether it is the cloud's own", isdefault boolean "whether it is the default network",
        tags list "the tags of what was used";
    EVENTTYPE: name string "the type of the events";
    ALERT: id string "the id of the alert", r#type short "its type", name string "that type's name",
        description string "what happened", sent date "when it happened";
    LOGIN: username string "the user's name", userid string "the user's id", domainid string "the user's domain",
        timeout integer "how many seconds the session may idle", account string "the account it belongs to",
        firstname string "first name", lastname string "last name", r#type string "the account's type",
        timezone string "the user's time zone", registered string "whether the user has registered",
        sessionkey string "what every call in the session must bring";
    APILIMIT: accountid string "the account", account string "its name", apiIssued int "calls made in this interval",
        apiAllowed int "calls left", expireAfter long "milliseconds until the count starts over";
    LOGOUT: description string "success";
    JOB: accountid string "the account that began it", userid string "the user that began it",
        cmd string "the server's class for the call", jobstatus integer "0 runs, 1 done, 2 failed",
        jobprocstatus integer "progress inside the server", jobresultcode integer "0, or 530 when it failed",
        jobresulttype string "object or text", jobresult responseobject "what came of it",
        jobinstancetype string "what it works on", jobinstanceid string "the id of that", created date "when it began",
        jobid string "its id";
    EVENT: id string "the id of the event", username string "who did it", r#type string "what was done",
        level string "INFO, WARN or ERROR", description string "what happened", account string "whose it is",
        domainid string "the domain it belongs to", domain string "that domain's name", created date "when it happened",
        state string "Scheduled, Started, Completed", parentid string "the event that this one follows";
    CONFIGURATION: category string "what it belongs to", name string "its name", value string "its value",
        description string "what it does";
    CAPABILITY: securitygroupsenabled boolean "whether security groups work", cloudstackversion string "the version",
        userpublictemplateenabled boolean "whether users may publish templates", supportELB string "elastic load balancing",
        projectinviterequired boolean "whether project members are invited first",
        allowusercreateprojects boolean "whether users may make projects",
        customdiskofferingminsize long "smallest free disk size in GB",
        customdiskofferingmaxsize long "largest free disk size in GB",
        regionsecondaryenabled boolean "whether a region shares secondary storage",
        apilimitinterval integer "seconds in which only so many calls may be made, where that is limited",
        apilimitmax integer "how many calls those are",
        kvmsnapshotenabled boolean "whether KVM snapshots work",
        allowuserviewdestroyedvm boolean "whether users see destroyed machines",
        allowuserexpungerecovervm boolean "whether users may expunge and recover machines";
    API: name string "the name of the API", description string "what it does",
        isasync boolean "whether it begins a job", related string "APIs that answer the same",
        params set "its parameters", response set "the fields of its answer";
    HYPERVISOR: name string "the name of the hypervisor";
    OSCATEGORY: id string "the id of the category", name string "its name";
    OSTYPE: id string "the id of the operating system", oscategoryid string "its category",
        description string "its name", isuserdefined boolean "whether somebody added it";
}
