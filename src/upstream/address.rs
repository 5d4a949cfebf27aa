//! Which network addresses may be called. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Public addresses, and the networks that the operator allows.
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    allowed: Vec<IpNet>,
}

impl AddressRules {
    /// Public addresses and these networks.
    #[must_use]
    pub fn new(allowed: &[IpNet]) -> Self {
        Self { allowed: allowed.to_vec() }
    }

    /// Whether an address may be called, whatever form it is written in.
    #[must_use]
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = unwrapped(address);
        self.allowed.iter().any(|network| network.contains(&address)) || is_public(address)
    }
}

/// The IPv4 address inside an IPv6 form that routers or kernels translate.
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, _, _, _, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = v6.to_ipv4_mapped() {
        return IpAddr::V4(mapped);
    }
    match (a, b) {
        // 6to4 (RFC 3056): the address follows the prefix.
        (0x2002, high) => v4(high, c),
        // NAT64's well-known prefix (RFC 6052): the address stands at the end. In the local prefix beside
        // it (RFC 8215) it may stand elsewhere, so what stands at the end proves nothing: never public.
        (0x64, 0xff9b) if v6.segments().iter().take(6).skip(2).all(|segment| *segment == 0) => v4(g, h),
        // Teredo (RFC 4380): the client's address, every bit turned over.
        (0x2001, 0) => v4(!g, !h),
        // IPv4-compatible (RFC 4291 §2.5.5.1, deprecated), but for `::` and `::1`.
        (0, 0)
            if v6.segments().iter().take(6).all(|segment| *segment == 0)
                && !v6.is_loopback()
                && !v6.is_unspecified() =>
        {
            v4(g, h)
        }
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Not in IANA's special-purpose registry (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Global unicast, without documentation (RFC 3849, RFC 9637) and other special blocks.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = (0x2000..=0x3fff).contains(&a);
    let special = (a == 0x2001 && (b == 0xdb8 || b < 0x200)) || (a == 0x3fff && b < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], expected: bool) {
        let rules = AddressRules::default();
        for address in addresses {
            assert_eq!(rules.allow(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn public_addresses_may_be_called() {
        check(
            &["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"],
            true,
        );
    }

    #[test]
    fn everything_else_may_not() {
        check(
            &[
                "127.0.0.1",
                "127.9.9.9",
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "192.0.0.1",
                "192.0.2.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
            ],
            false,
        );
        check(
            &[
                "::",
                "::1",
                "::ffff:127.0.0.1",
                "::ffff:169.254.169.254",
                "::127.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b:1::a00:1",
                "64:ff9b:1::808:808",
                // 127.0.0.1 where a 48 bit prefix has it (RFC 6052 §2.2), and a public address at the end.
                "64:ff9b:1:7f00:0:100:808:808",
                "64:ff9b:0:1::808:808",
                "2002:7f00:1::",
                "2002:a9fe:a9fe::1",
                "2001:0:1:2:3:4:80ff:fffe",
                "fe80::1",
                "fec0::1",
                "fc00::1",
                "fd00:ec2::254",
                "ff02::1",
                "2001:db8::1",
                "3fff::1",
                "100::1",
            ],
            false,
        );
    }

    #[test]
    fn the_operator_can_allow_a_network() {
        let rules = AddressRules::new(&["10.2.0.0/16".parse().unwrap()]);
        assert!(rules.allow("10.2.3.4".parse().unwrap()));
        assert!(rules.allow("::ffff:10.2.3.4".parse().unwrap()));
        assert!(!rules.allow("10.3.0.1".parse().unwrap()));
    }
}
