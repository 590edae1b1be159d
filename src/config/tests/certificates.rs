//! Files of certificates: what is refused, and what is taken.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A certificate and its key, and another key, as files.
fn certificates(folder: &Path) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["rialto".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
    let (key, other) = (key.serialize_pem(), rcgen::KeyPair::generate().unwrap().serialize_pem());
    let (cut, _) = certificate.split_at(certificate.len() / 2);
    let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let wrong = certificate.replace("MIIB", "AAAA");
    for (name, text) in [
        ("cert", certificate.as_str()),
        ("key", &key),
        ("other", &other),
        ("cut", cut),
        ("locked", &locked),
        ("wrong", &wrong),
        ("empty", ""),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn files_of_certificates_are_refused_with_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let here = folder.path().display().to_string();
    for (cert, key, words) in [
        ("none", "key", "none cannot be read"),
        ("empty", "key", "holds no certificate"),
        ("key", "key", "holds no certificate"),
        ("cut", "key", "is not whole"),
        ("wrong", "key", "no certificate that a server can show"),
        ("cert", "none", "none cannot be read"),
        ("cert", "cert", "holds no private key"),
        ("cert", "locked", "locked with a password"),
        ("cert", "other", "is not the key of the certificate"),
    ] {
        let server =
            format!("[server]\ntls_cert_file = \"{here}/{cert}\"\ntls_key_file = \"{here}/{key}\"\n[encryption]");
        let error = refused("[encryption]", &server);
        assert!(error.contains("server.tls_cert_file") && error.contains(words), "{cert}, {key}: {error}");
        assert!(!error.contains("BEGIN PRIVATE KEY-----\n"), "{error}");
    }
    for (line, words) in [("tls_cert_file = \"x\"", "needs its key"), ("tls_key_file = \"x\"", "needs its certificate")]
    {
        let error = refused("[encryption]", &format!("[server]\n{line}\n[encryption]"));
        assert!(error.contains(words), "{error}");
    }
    for (url, file, words) in [
        ("https", "none", "none cannot be read"),
        ("https", "empty", "holds no certificate"),
        ("https", "key", "holds no certificate"),
        ("https", "cut", "is not whole"),
        ("https", "wrong", "no certificate of an authority"),
        ("http", "cert", "begins with https://"),
    ] {
        let error =
            refused("url = \"http://waha:3000/\"", &format!("url = \"{url}://waha/\"\nca_file = \"{here}/{file}\""));
        assert!(error.contains("channels.0.whatsapp.ca_file") && error.contains(words), "{file}: {error}");
    }
    let alarm = format!("[alarm]\nwebhook = \"http://ntfy/topic\"\nca_file = \"{here}/cert\"\n[encryption]");
    assert!(refused("[encryption]", &alarm).contains("alarm.ca_file"));
}

#[test]
fn good_certificates_are_taken_shown_by_name_and_warned_of_when_others_read_the_key() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let here = folder.path().display().to_string();
    let server = format!("[server]\ntls_cert_file = \"{here}/cert\"\ntls_key_file = \"{here}/key\"\n[encryption]");
    let waha = format!("url = \"https://waha\"\nca_file = \"{here}/cert\"");
    let text = GOOD.replace("[encryption]", &server).replace("url = \"http://waha:3000/\"", &waha);
    std::fs::set_permissions(folder.path().join("key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let config = Config::from_toml(&text).unwrap();
    let printed = config.to_string();
    assert!(printed.contains(&format!("tls_key_file = \"{here}/key\"")), "{printed}");
    assert!(printed.contains(&format!("ca_file = \"{here}/cert\"")), "{printed}");
    assert!(
        config.warnings.iter().any(|warning| warning.starts_with("server.tls_key_file") && warning.contains("0640"))
    );
    assert!(format!("{config:?}").contains("1 authorities"));

    let open = |address: &str| {
        let text = GOOD.replace("[encryption]", &format!("[server]\nlisten = \"{address}:8080\"\n[encryption]"));
        Config::from_toml(&text).unwrap().warnings.iter().any(|warning| warning.starts_with("server.listen"))
    };
    assert!(open("203.0.113.7") && !open("0.0.0.0") && !open("192.168.1.2") && !open("127.0.0.1"));
}
