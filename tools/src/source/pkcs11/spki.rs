//! Public keys as `SubjectPublicKeyInfo` (RFC 5280), whose SHA-256 names a key.
//!
//! It encodes what a token gave, and checks no signature.

/// `1.2.840.113549.1.1.1`, rsaEncryption, with its NULL parameters.
const RSA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// `1.2.840.10045.2.1`, id-ecPublicKey.
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `1.3.101.112`, id-Ed25519.
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// An RSA key from `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT`.
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = sequence(&[&integer(modulus), &integer(exponent)]);
    info(RSA, &key)
}

/// An elliptic-curve key from `CKA_EC_PARAMS` and `CKA_EC_POINT`.
pub(super) fn ec(parameters: &[u8], point: &[u8]) -> Vec<u8> {
    info(&[EC, parameters].concat(), unwrapped(point))
}

/// An Ed25519 key from `CKA_EC_POINT`.
pub(super) fn ed25519(point: &[u8]) -> Vec<u8> {
    info(ED25519, unwrapped(point))
}

fn info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[algorithm]);
    let key = element(BIT_STRING, &[&[0], key].concat());
    sequence(&[&algorithm, &key])
}

/// Tokens give a point as DER octet string; some give the point itself.
fn unwrapped(point: &[u8]) -> &[u8] {
    let inner = match point {
        [OCTET_STRING, 0x81, _, inner @ ..] => inner,
        [OCTET_STRING, _, inner @ ..] => inner,
        _ => return point,
    };
    if element(OCTET_STRING, inner) == point {
        inner
    } else {
        point
    }
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let significant = bytes.iter().position(|byte| *byte != 0);
    let bytes = significant.and_then(|first| bytes.get(first..));
    let bytes = bytes.unwrap_or(&[0]);
    // A leading bit would make it negative.
    let sign: &[u8] = match bytes.first() {
        Some(first) if *first >= 0x80 => &[0],
        Some(_) | None => &[],
    };
    element(INTEGER, &[sign, bytes].concat())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => encoded.push(length),
        Ok(_) | Err(_) => {
            let length = content.len().to_be_bytes();
            let first = length
                .iter()
                .position(|byte| *byte != 0)
                .unwrap_or_default();
            let length = length.get(first..).unwrap_or_default();
            // At most eight bytes.
            encoded.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
            encoded.extend_from_slice(length);
        }
    }
    encoded.extend_from_slice(content);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ed25519_key_is_its_point_behind_a_fixed_head() {
        // RFC 8410, section 10.1.
        let head = [
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ];
        let key: Vec<u8> = (0..32).collect();
        let expected = [head.as_slice(), &key].concat();
        assert_eq!(ed25519(&key), expected);
        let wrapped = [&[OCTET_STRING, 32], key.as_slice()].concat();
        assert_eq!(ed25519(&wrapped), expected);
    }

    #[test]
    fn lengths_and_signs_are_encoded_as_der_has_them() {
        assert_eq!(integer(&[0, 0, 0x7f]), [INTEGER, 1, 0x7f]);
        assert_eq!(integer(&[0x80]), [INTEGER, 2, 0, 0x80]);
        assert_eq!(integer(&[]), [INTEGER, 1, 0]);
        let start = |length: usize| element(SEQUENCE, &vec![0; length])[..4].to_vec();
        assert_eq!(start(127)[..2], [SEQUENCE, 127]);
        assert_eq!(start(128)[..3], [SEQUENCE, 0x81, 128]);
        assert_eq!(start(300), [SEQUENCE, 0x82, 1, 44]);
        // A point that only looks wrapped is left as it is.
        assert_eq!(unwrapped(&[OCTET_STRING, 5, 1]), [OCTET_STRING, 5, 1]);
    }
}
