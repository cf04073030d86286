//! What mail says of a check that has turned, in keepalived's words.

use holdfast_model::Probe;

pub(super) const fn failed(probe: &Probe) -> &'static str {
    match probe {
        Probe::Tcp(_) | Probe::Talk(_) => "=> TCP CHECK failed on service <=",
        Probe::Http(_) => "=> CHECK failed on service : HTTP request failed <=",
        Probe::Smtp(_) => "=> CHECK failed on service <=",
        Probe::Dns(_) => "=> DNS_CHECK: failed on service <=",
        Probe::Udp(_) => "=> UDP CHECK failed on service <=",
        Probe::Ping(_) => "=> ICMP CHECK failed on service <=",
        Probe::Misc(_) => "=> MISC CHECK failed on service <=",
        Probe::File(_) => "=> FILE CHECK failed on service <=",
        Probe::Bfd(_) => "=> BFD CHECK failed on service <=",
    }
}

pub(super) const fn succeeded(probe: &Probe) -> &'static str {
    match probe {
        Probe::Tcp(_) | Probe::Talk(_) => "=> TCP CHECK succeed on service <=",
        Probe::Http(_) | Probe::Smtp(_) => "=> CHECK succeed on service <=",
        Probe::Dns(_) => "=> DNS_CHECK: succeed on service <=",
        Probe::Udp(_) => "=> UDP CHECK succeed on service <=",
        Probe::Ping(_) => "=> ICMP CHECK succeed on service <=",
        Probe::Misc(_) => "=> MISC CHECK succeed on service <=",
        Probe::File(_) => "=> FILE CHECK succeed on service <=",
        Probe::Bfd(_) => "=> BFD CHECK succeed on service <=",
    }
}
