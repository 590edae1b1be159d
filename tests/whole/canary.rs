//! What must not be readable, in every form that a careless program could write it in, and the search for it.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::house::{self, House};

/// Everything that must not be readable.
pub(crate) fn canaries(house: &House) -> Vec<String> {
    let fixed = [
        "canarytext",
        "canarytoken",
        "canarycaptcha",
        "canaryname",
        "canarysubject",
        "canarycaption",
        "canarypush",
        "canarystranger",
        "canaryfile",
        "canarybytes",
        "canaryplace",
        "canarycard",
        "canaryquestion",
        "52.51739",
        "13.40517",
        "79111111111",
        "79133333333",
        "79144444444",
        "79155555555",
        "100000000000002",
        "100000000000005",
        "120363020000777777",
        "15550100100",
        house::OWNER,
    ];
    let mut all: Vec<_> = fixed.into_iter().map(str::to_owned).collect();
    all.extend(house.signal.groups().into_iter().map(|group| group.id));
    all.extend(house.signal.inbox().into_iter().map(|message| message.timestamp.to_string()));
    all.extend(house.waha.sent().into_iter().map(|sent| sent.stanza));
    all.extend(house.waha.sent_files().into_iter().map(|sent| sent.stanza));
    all.extend(house.waha.sent_things().into_iter().map(|sent| sent.stanza));
    all.extend([house::API_KEY, house::HMAC, house::SECRET].map(str::to_owned));
    all
}

/// As it is, in the other encodings of text, and as bytes are written in text.
pub(crate) fn forms(canary: &str) -> Vec<Vec<u8>> {
    let bytes = canary.as_bytes();
    let wide = |order: fn(u16) -> [u8; 2]| canary.encode_utf16().flat_map(order).collect::<Vec<_>>();
    let escaped = |prefix: &str, upper: bool| {
        let unit = |unit: u16| if upper { format!("{prefix}{unit:04X}") } else { format!("{prefix}{unit:04x}") };
        canary.encode_utf16().map(unit).collect::<String>().into_bytes()
    };
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let numbers = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let mut forms = vec![
        bytes.to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        escaped("\\u", false),
        escaped("\\u", true),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        numbers.into_bytes(),
    ];
    // In base64 it looks different for each place in a group of three; the edges also hold what is beside it.
    for before in 0..3 {
        let text = STANDARD.encode([&vec![0; before], bytes].concat());
        let edge = [0, 2, 3][before];
        forms.push(text.trim_end_matches('=').as_bytes()[edge..text.trim_end_matches('=').len() - 1].to_vec());
    }
    if canary.contains(['+', '/', '=', '@']) {
        let percent = canary.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace('@', "%40");
        forms.push(percent.into_bytes());
    }
    forms
}

pub(crate) fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

/// None of it is in any of these, in any form.
pub(crate) fn assert_silent(house: &House, places: &[(String, Vec<u8>)]) {
    for canary in canaries(house) {
        for form in forms(&canary) {
            for (name, bytes) in places {
                let shown = String::from_utf8_lossy(&form);
                assert!(!contains(bytes, &form), "{canary} as {shown} in {name}: {}", String::from_utf8_lossy(bytes));
            }
        }
    }
}

#[test]
fn every_form_is_found() {
    let canary = "canarytext";
    let said = format!("{:?}", canary.as_bytes());
    let base64 = |text: &str| STANDARD.encode(text);
    for place in [
        b"a canarytext b".to_vec(),
        "canarytext".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "canarytext".encode_utf16().flat_map(u16::to_be_bytes).collect(),
        br#""\u0063\u0061\u006e\u0061\u0072\u0079\u0074\u0065\u0078\u0074""#.to_vec(),
        br"\u0063\u0061\u006E\u0061\u0072\u0079\u0074\u0065\u0078\u0074".to_vec(),
        b"63616e61727974657874".to_vec(),
        b"63616E61727974657874".to_vec(),
        said.into_bytes(),
        base64("canarytext and more").into_bytes(),
        base64("a canarytext and more").into_bytes(),
        base64("an canarytext").into_bytes(),
    ] {
        let found = forms(canary).iter().any(|form| contains(&place, form));
        assert!(found, "{}", String::from_utf8_lossy(&place));
    }
}
