use crate::builtin::builtin;
use crate::matcher::{Matcher, Room};
use crate::replace::Replacer;
use crate::rule::Rule;

/// By rule, texts in which it finds the parts between the marks, and texts in which it finds nothing.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    (
        "mail-address",
        &[
            "mail «bob.smith+x@mail.example.co.uk» now",
            "«jane@host.internal»",
            "mailto:«a@corp.example»?subject",
            "«bob@2x.com»",
            "«rsa@corp.example»",
        ],
        &[
            "bob at example.com",
            "assets/icon@2x.png",
            "logo@1.5x~ipad.jpg",
            "ssh-ed25519-cert-v01@openssh.com",
            "aes256-gcm@openssh.com",
            "curve25519-sha256@libssh.org",
            "rijndael-cbc@lysator.liu.se",
            "hmac-sha256-2@ssh.com",
            "x25519-kyber-512r3-256-d00@amazon.com",
            "user@1000.service",
            "run@kernel32.dll",
            "memcpy@@GLIBC_2.14",
        ],
    ),
    (
        "bearer-token",
        &["Authorization: Bearer «abc.DEF-123_456»", "Authorization: Bearer \"«abc.DEF-123_457»\""],
        &["the bearer of news", "bearer short"],
    ),
    ("basic-credentials", &["Authorization: Basic «dXNlcjpwYXNz»"], &["a basic education"]),
    ("authorization-token", &["Authorization: token «0123abcdEF»"], &["unexpected token: identifier"]),
    (
        "url-password",
        &["postgres://app:«s3cr3t!»@db.internal/x", "https://bob:«pw»@host"],
        &["https://host:8080/x@y", "ssh://git@host/x"],
    ),
    (
        "assigned-secret",
        &[
            "{\"password\": \"«hunter2hunter2»\"}",
            "export DB_PASSWORD=«hunter22secretA»",
            "export API_TOKEN=«0123abcd»",
            "{\"db_password\": \"«hunter22»\"",
            "{\"token\": \"«0123abcd»\"",
            "\"SecretAccessKey\": \"«wJalrXUtnFEMI/K7MDENG»\",",
            "secret_access_key = «wJalrXUtnFEMI/K7MDENG»",
            "\"SessionToken\": \"«FwoGZXIvYXdz»\"",
            "aws_session_token=«FwoGZXIvYXdz»",
            "//registry.npmjs.org/:_authToken=«0a1b2c3d-0000»",
        ],
        &["password: %s", "token: identifier", "password=null", "secretary: miller"],
    ),
    (
        "jwt",
        &[
            "x «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln» y",
            "token«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln»",
        ],
        &["eyJhbGciOiJIUzI1NiJ9 alone"],
    ),
    (
        "jwe",
        &["x «eyJhbGciOiJkaXIi..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TA.XFBoMYUZodetZdvTiFvSkQ» y"],
        &["eyJhbGciOiJkaXIi..short.x.y"],
    ),
    (
        "github-token",
        &[
            "t=«ghp_0123456789abcdefghijABCDEFGHIJ012345»",
            "TOKEN«ghp_0123456789abcdefghijABCDEFGHIJ012345»",
            "_«ghs_0123456789abcdefghijABCDEFGHIJ012345»",
            "x«github_pat_0123456789abcdefghijAB_CD»",
        ],
        &["ghp_short", "GHP_0123456789abcdefghijABCDEFGHIJ012345"],
    ),
    (
        "gitlab-token",
        &[
            "«glpat-ABCDEFGHIJ0123456789»",
            "TOKEN«glpat-ABCDEFGHIJ0123456789»",
            "_«glrt-ABCDEFGHIJ0123456789»",
        ],
        &["glpat-short", "glpat-some-long-class-of-style-sheets"],
    ),
    (
        "aws-access-key-id",
        &["key «AKIAIOSFODNN7EXAMPLE»;", "KEY_«AKIAIOSFODNN7EXAMPLE»_x"],
        &["XAKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLEAB"],
    ),
    (
        "aws-secret-key",
        &["aws_secret_access_key = «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»"],
        &["aws secret santa", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
    ),
    (
        "google-api-key",
        &["«AIzaSyA1234567890abcdefghijklmnopqrstuv»", "key_«AIzaSyA1234567890abcdefghijklmnopqrstuv»"],
        &["AIzaSyA123", "xAIzaSyA1234567890abcdefghijklmnopqrstuv"],
    ),
    (
        "google-oauth",
        &["«ya29.a0AfH6SMBx1234567890abc»", "«GOCSPX-1234567890abcdefghijkl»"],
        &["ya29.short", "gocspx"],
    ),
    (
        "azure-key",
        &[
            "AccountKey=«abcdefghijklmnopqrstuvwxyz0123456789ABCD==»",
            "AZURE_STORAGE_KEY=«abcdefghijklmnopqrstuvwxyz0123456789ABCD==»",
            "\"account_key\": \"«abcdefghijklmnopqrstuvwxyz0123456789ABCD==»\"",
            "&sig=«abcdefghijklmnopqrstuvwxyz0123456789%2BABCD»",
        ],
        &["AccountKey=short", "design=abcdefghijklmnopqrstuvwxyz0123456789ABCD"],
    ),
    (
        "slack-token",
        &["«xoxb-123456789012-abcdefABCDEF»", "TOKEN«xoxp-123456789012-abcdef»", "_«xoxb-123456789012»"],
        &["xoxo-hugs", "xox-123456789012", "xoxb-short"],
    ),
    (
        "slack-webhook",
        &[
            "https://hooks.slack.com/services/«T0000/B0000/XXXXabcdefgh01234567»",
            "hooks.slack.com/triggers/«T0000/0123456789/abcdefgh»",
        ],
        &["https://hooks.slack.com/services/", "hooks.slack.com"],
    ),
    (
        "stripe-key",
        &["«sk_live_0123456789abcdef»", "KEY_«rk_test_0123456789abcdef»", "«whsec_0123456789abcdef»"],
        &["sk_live_short", "task_live_0123456789abcdef", "pk_live_0123456789abcdef"],
    ),
    (
        "npm-token",
        &["«npm_0123456789abcdefghijABCDEFGHIJ012345»", "TOKEN«npm_0123456789abcdefghijABCDEFGHIJ012345»"],
        &["npm_config_registry", "npm_0123456789abcdefghijABCDEFGHIJ0123456789"],
    ),
    (
        "pypi-token",
        &["«pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAw»"],
        &["pypi-AgEIcHlw", "pypi-agent"],
    ),
    (
        "sendgrid-key",
        &["KEY=«SG.0123456789abcdefghijAB.0123456789abcdefghijABCDEFGHIJ0123456789abc»"],
        &["MSG.0123456789abcdefghijAB.0123456789abcdefghijABCDEFGHIJ0123456789abc", "SG.x.y"],
    ),
    (
        "twilio-key",
        &["«SK0123456789abcdef0123456789abcdef»", "sid: «AC0123456789abcdef0123456789abcdef»,"],
        &[
            "0123456789abcdef0123456789abcdefSK",
            "SK0123456789ABCDEF0123456789abcdef",
            "xSK0123456789abcdef0123456789abcdef",
        ],
    ),
    (
        "openai-key",
        &[
            "«sk-0123456789abcdefABCDEFGHIJKLMNOP0123»",
            "«sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8»",
            "«sk-ant-api03-a1B2c3D4e5F6g7H8i9J0-k1L2m3N4o5P6»",
            "«sk-0123456789abcdef0123456789abcdef»",
        ],
        &[
            "sk-learn",
            "sk-button-primary-large-with-a-long-name-x2",
            "sk-buttonPrimaryLargeWithALongNameOfIts--hover_16",
            "sk-ecdsa-sha2-nistp256-cert-v01-and-more@openssh.com",
        ],
    ),
    (
        "private-key",
        &[
            "-----BEGIN RSA PRIVATE KEY-----«\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nVJTUt9Us8cKj\n»-----END RSA PRIVATE KEY-----\n",
            "\"key\": \"-----BEGIN PRIVATE KEY-----«\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\nVJTUt9\\n»-----END PRIVATE KEY-----\\n\"",
        ],
        &[
            "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PUBLIC KEY-----",
            "a private key",
        ],
    ),
    (
        "card-number",
        &[
            "card «4111 1111 1111 1111»,",
            "«378282246310005»",
            "«3530111333300000»",
            "«6200000000000005» - x",
            "«3056 930902 5904»",
            "«6759 6498 2643 8453»",
        ],
        &[
            "4111 1111 1111 1112",
            "1234567890123456",
            "3530111333300001 and 30569309025905",
            "card 4111 1111 1111 1111.",
        ],
    ),
    (
        "ipv4-address",
        &[
            "from «192.168.178.23»:8080 to",
            "to «10.0.0.7».",
            "connecting to...«10.0.0.7»...",
            "addr:«10.1.2.3»",
            "ip=«10.1.2.3»",
            "[«10.1.2.3»]:80",
            "\"line\\n«10.1.2.3» is up\"",
            "::ffff:«10.1.2.3»",
            "http://«10.1.2.3»/x",
            "«10.1.2.3»-10.1.2.9",
            "/«10.1.2.3»/share",
            "server «10.1.2.3»",
            "nginx: «10.1.2.3» - -",
        ],
        &[
            "127.0.0.1:80",
            "255.255.255.0",
            "300.1.2.3",
            "version 1.2.3.4.5",
            "libfoo.so.1.2.3.4",
            "libfoo-1.2.3.4",
            "v1.2.3.4",
            "OpenSSL 3.0.0.1",
            "glibc 2.36.0.0",
            "Chrome/120.0.0.0 Safari",
            "mscorlib, Version=4.0.30.1, Culture=neutral",
            "FileVersion: 10.2.3.4",
            "build 10.1.2.3",
            "0.10.20.30",
        ],
    ),
    (
        "ipv6-address",
        &[
            "peer [«2001:db8::8a2e:370:7334»]",
            "«fe80::1»%eth0",
            "«2001:db8::7»",
            "addr:«2001:db8::7»",
            "ip=«fd00::12»",
            "[«2001:db8::7»]:443",
            "to...«fe80::1:2»",
            "«1:2:3:4:5:6:7:8»",
        ],
        &[
            "::1",
            "[::1]:80",
            "12:34:56 and aa:bb:cc:dd:ee:ff",
            "std::vec::Vec dead::beef",
            "a::b1",
            "face::c3",
            "ff::f0f0",
        ],
    ),
    (
        "home-folder",
        &["/home/«alice»/src/x.c", "C:\\Users\\«Alice»\\AppData", "file:///Users/«alice»", "/home/«al»/"],
        &["/home/ and /usr/share/x", "C:\\Users\\Public\\x", "/home/user/x"],
    ),
    (
        "telling-variable",
        &["HOME=«/srv/bob»", "MY_API_TOKEN=«abc»", "SSH_CLIENT=«10.0.0.1 1 2»"],
        &["HOME_PAGE=x", "LANG=en", "x HOME=/srv/bob"],
    ),
    (
        "module-path",
        &["«/opt/our app/lib»/libx.so.1.2", "«C:\\build\\x64»\\app.pdb"],
        &["libc.so.6", "/opt/x/readme.txt"],
    ),
];

fn found(matcher: &Matcher, rules: &[Rule], text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    matcher.find(text.as_bytes(), &mut Room::default(), &mut |hit| {
        let secret = &text.as_bytes()[hit.secret];
        found.push((rules[hit.rule].id.clone(), String::from_utf8_lossy(secret).into_owned()));
    });
    found
}

#[test]
fn each_rule_finds_its_secrets_and_nothing_that_looks_similar() {
    let rules = builtin();
    let matcher = Matcher::new(&rules).unwrap();
    for rule in &rules {
        let (_, secrets, others) = TABLE.iter().find(|(id, ..)| *id == rule.id).expect(&rule.id);
        let of_rule = |text: &str| -> Vec<String> {
            let found = found(&matcher, &rules, text);
            found.into_iter().filter(|(id, _)| *id == rule.id).map(|(_, secret)| secret).collect()
        };
        for marked in *secrets {
            let text = marked.replace(['«', '»'], "");
            let secret = marked.split(['«', '»']).nth(1).unwrap();
            let found = of_rule(&text);
            assert!(found.iter().any(|one| one == secret), "{}: {marked}: {found:?}", rule.id);
        }
        for text in *others {
            assert_eq!(of_rule(text), [""; 0], "{}: {text}", rule.id);
        }
    }
    assert_eq!(TABLE.len(), rules.len());
}

#[test]
fn what_looks_similar_is_no_secret_of_another_kind() {
    let rules = builtin();
    let matcher = Matcher::new(&rules).unwrap();
    for text in [
        "bob at example.com",
        "unexpected token: identifier",
        "12:34:56 and aa:bb:cc:dd:ee:ff",
        "std::vec::Vec dead::beef",
        "password: %s",
        "sk-learn and ghp_short",
        "/home/ and /usr/share/x",
        "libc.so.6",
        "OpenSSL 3.0.0.1",
        "icon@2x.png",
        "sk-button-primary-large-with-a-long-name-x2",
        "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com",
    ] {
        assert_eq!(found(&matcher, &rules, text), [], "{text}");
    }
}

#[test]
fn what_is_around_keywords_and_stretches_is_all_that_can_be_found() {
    let rules = builtin();
    let everywhere = rules.iter().cloned();
    let everywhere: Vec<Rule> =
        everywhere.map(|rule| Rule { keywords: Vec::new(), stretch: None, ..rule }).collect();
    let (around, everywhere) = (Matcher::new(&rules).unwrap(), Matcher::new(&everywhere).unwrap());
    let marked = TABLE.iter().flat_map(|(_, secrets, others)| secrets.iter().chain(*others));
    let words: Vec<String> = marked.map(|text| text.replace(['«', '»'], "")).collect();
    let mut parts: Vec<&str> = words.iter().flat_map(|text| text.split_ascii_whitespace()).collect();
    parts.extend([
        "@",
        "=",
        ".exe",
        "ü",
        "-----BEGIN PRIVATE KEY-----",
        "1.1",
        "9:b::",
        "sig=",
        "676100000000",
    ]);
    let between = ["", " ", "\n", "\"", ",", "=", ":", "/", "\\", ".", "-", "<"];
    let (mut state, mut room) = (1u64, Room::default());
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % limit
    };
    let mut count = 0;
    for _ in 0..2000 {
        let mut text = String::new();
        for _ in 0..below(12) + 1 {
            text.extend([parts[below(parts.len())], between[below(between.len())]]);
        }
        let mut found = |matcher: &Matcher| {
            let mut found = Vec::new();
            matcher.find(text.as_bytes(), &mut room, &mut |hit| found.push(hit));
            found
        };
        let (some, all) = (found(&around), found(&everywhere));
        assert_eq!(some, all, "{text}");
        count += all.len();
    }
    assert!(count > 2000, "{count}");
}

#[test]
fn what_was_written_over_is_found_no_more() {
    let rules = builtin();
    let matcher = Matcher::new(&rules).unwrap();
    for replacer in [Replacer::default(), Replacer::with_key(b"key")] {
        let mut replacements = replacer.for_dump();
        for marked in TABLE.iter().flat_map(|(_, secrets, _)| *secrets) {
            let text = marked.replace(['«', '»'], "");
            let mut bytes = text.as_bytes().to_vec();
            matcher.find(text.as_bytes(), &mut Room::default(), &mut |hit| {
                let with = replacements.of(&text.as_bytes()[hit.secret.clone()]);
                bytes[hit.secret].copy_from_slice(&with);
            });
            assert_ne!(bytes, text.as_bytes());
            assert_eq!(found(&matcher, &rules, std::str::from_utf8(&bytes).unwrap()), [], "{text}");
        }
    }
}
