use base64::Engine as _;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn redactor(secrets: &[(&str, &str)]) -> Redactor {
    let values: Vec<(&str, SecretValue)> =
        secrets.iter().map(|(name, value)| (*name, SecretValue::from(*value))).collect();
    Redactor::new(values.iter().map(|(name, value)| (*name, value))).0
}

const CANARIES: [&str; 8] = [
    "hunter2!",
    "p@ss/w0rd+with space",
    "it's \"quoted\" $HOME `x` \\ end",
    "pässwörd-ünïcode-漢字",
    "+++.*[a-z]{3}(x|y)+++",
    "sk_live_51H8xQ2eZvKYlo2C",
    "100%&<tag>=?#;,",
    "aaaaaaa",
];

/// What other programs make of a value, written independently of `forms.rs`.
fn as_others_write_it(value: &str) -> Vec<String> {
    let b64 = base64::engine::general_purpose::STANDARD;
    let url = base64::engine::general_purpose::URL_SAFE;
    let percent = |keep: &str| {
        value
            .bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || keep.contains(b as char) {
                    (b as char).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect::<String>()
    };
    vec![
        value.to_owned(),
        json!({ "token": value }).to_string(),
        json!({ "inner": json!({ "token": value }).to_string() }).to_string(),
        percent("-._~"),
        percent("-._~").replace("%20", "+"),
        percent(""),
        percent("-._~/"),
        percent("-._~!'()*"),
        percent("-._~!'()*;,/?:@&=+$#"),
        percent("-._*").replace("%20", "+"),
        percent("-._~$&+:=@"),
        percent("-._~!$&'()*+,;="),
        format!("'{}'", value.replace('\'', "'\\''")),
        format!("'{}'", value.replace('\'', "''")),
        b64.encode(value),
        b64.encode(format!("u:{value}")),
        b64.encode(format!("usr:{value}:tail")),
        b64.encode(format!("user:{value}")),
        url.encode(format!("x{value}y")),
        hex(value),
        hex(value).to_uppercase(),
    ]
}

fn hex(value: &str) -> String {
    let pairs: Vec<String> = value.bytes().map(|b| format!("{b:02x}")).collect();
    pairs.concat()
}

#[test]
fn no_form_of_a_secret_stays() {
    for value in CANARIES {
        let redactor = redactor(&[("key", value)]);
        for text in as_others_write_it(value) {
            let clean = redactor.redact(&text);
            assert!(clean.contains("[redacted:key]"), "{value:?} stays in {text:?}");
            assert!(!clean.contains(value), "{clean}");
        }
        assert_eq!(redactor.redact("nothing of that kind"), "nothing of that kind");
    }
}

#[test]
fn parts_of_urls_and_lines_of_keys_are_secrets_too() {
    let both = redactor(&[
        ("db_url", "postgres://app:s3cr%2Ft-pw@db.example:5432/app"),
        (
            "pem",
            "-----BEGIN KEY-----\r\nMIIEvQIBADANBgkq\r\nhkiG9w0BAQEFAASC\r\n-----END KEY-----\n",
        ),
    ]);
    assert_eq!(
        both.redact("password s3cr/t-pw or s3cr%2Ft-pw of db.example"),
        "password [redacted:db_url] or [redacted:db_url] of db.example"
    );
    assert_eq!(both.redact("  hkiG9w0BAQEFAASC\n"), "  [redacted:pem]\n");
}

#[test]
fn a_form_that_an_encoder_broke_into_lines_is_found_however_it_is_cut() {
    let value = "postgres://app:s3cr%2Ft-pw@db.example:5432/app?sslmode=require&x=+++";
    let redactor = redactor(&[("url", value)]);
    let b64 = base64::engine::general_purpose::STANDARD;
    for before in (0..60).step_by(7) {
        let whole = format!("{}{value}{}", "p".repeat(before), "q".repeat(9));
        for (text, width) in [
            (b64.encode(&whole), 76),
            (b64.encode(&whole), 64),
            (hex(&whole), 60),
            (hex(&whole), 32),
        ] {
            for line_end in ["\n", "\r\n"] {
                let lines: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
                let wrapped = lines.join(line_end.as_bytes());
                let clean = redactor.redact_bytes(&wrapped).into_owned();
                let shown = String::from_utf8_lossy(&clean);
                // One mark, and around it nothing but what is not of the secret.
                let (head, tail) = shown.split_once("[redacted:url]").unwrap_or(("", &shown));
                assert!(!tail.contains("[redacted"), "{shown}");
                assert!(
                    head.len() <= before * 2 + 8 && tail.len() <= 9 * 2 + 6,
                    "{width}: {shown}"
                );
                for cut in (0..wrapped.len()).step_by(1 + before / 20) {
                    let mut stream = redactor.stream();
                    let mut out = stream.push(&wrapped[..cut]);
                    out.extend(stream.push(&wrapped[cut..]));
                    out.extend(stream.finish());
                    assert_eq!(out, clean, "cut at {cut}");
                }
            }
        }
    }
    // Only what an encoder of bytes wrote is looked for across lines.
    let plain = &value[..30];
    assert_eq!(redactor.redact(&format!("{plain}\n{}", &value[30..])).matches('\n').count(), 1);
    let mut stream = redactor.stream();
    let start = b64.encode(value);
    assert_eq!(stream.push(&start.as_bytes()[..8]), b"");
    assert_eq!(stream.push(b"\n"), b"", "it may go on in the next line");
    let ends = [b'\n'; 1000];
    assert_eq!(stream.push(&ends).len(), 8 + 1001, "empty lines end the search");
    let mut stream = redactor.stream();
    let few = format!("{}\n", &start[..5]);
    assert_eq!(stream.push(few.as_bytes()), few.as_bytes(), "a few characters hold up no line");
    assert!(stream.push(&start.as_bytes()[5..]).starts_with(b"[redacted:url]"));
}

#[test]
fn what_other_writers_of_json_and_connection_strings_make_of_it_is_hidden() {
    let value = "p<a>&s's+\"wörd\"";
    let all = redactor(&[
        ("key", value),
        ("dsn", "host=db user=app password='top secret 1' sslmode=require"),
        ("jdbc", "jdbc:postgresql://db/app?user=app&password=an%2Fother-one&ssl=true"),
    ]);
    for text in [
        r#"p\u003ca\u003e\u0026s's+\"wörd\""#,
        r"p\u003Ca\u003E\u0026s\u0027s\u002B\u0022w\u00F6rd\u0022",
        r#"p<a>&s's+\"w\u00f6rd\""#,
    ] {
        assert_eq!(all.redact(&format!("\"{text}\"")), "\"[redacted:key]\"", "{text}");
    }
    assert_eq!(all.redact("it is top secret 1."), "it is [redacted:dsn].");
    assert_eq!(all.redact("an/other-one an%2Fother-one"), "[redacted:jdbc] [redacted:jdbc]");
}

#[test]
fn escape_sequences_inside_a_secret_do_not_bring_it_to_the_screen() {
    let redactor = redactor(&[("key", "hunter2secret")]);
    let coloured = "a hun\u{1b}[1;31mter2\u{1b}[0msecret b";
    assert_eq!(redactor.redact(coloured), coloured, "these bytes are not the secret's");
    assert_eq!(redactor.redact_shown(coloured), "a [redacted:key] b");
    assert_eq!(redactor.redact_shown("h\0u\0n\0t\0e\0r\x002secret"), "[redacted:key]");
    assert_eq!(redactor.redact_shown("\u{1b}[1mbold\u{1b}[0m"), "\u{1b}[1mbold\u{1b}[0m");
}

#[test]
fn a_short_secret_is_refused_with_a_reason() {
    let (short, long) = (SecretValue::from("12345"), SecretValue::from("123456"));
    let (redactor, refused) = Redactor::new([("pin", &short), ("code", &long)]);
    assert_eq!(refused, [NotHidden::TooShort { name: "pin".into() }]);
    assert_eq!(redactor.redact("12345 123456"), "12345 [redacted:code]");
    let words = refused[0].to_string();
    assert!(words.contains("`pin`") && !words.contains("12345"), "{words}");
    assert!(!format!("{redactor:?}").contains("123456"));
}

#[test]
fn the_longest_wins_and_overlaps_are_hidden_whole() {
    let redactor = redactor(&[("short", "abcdef"), ("long", "xxabcdefyy"), ("tail", "defyyzz")]);
    assert_eq!(redactor.redact("-abcdef-"), "-[redacted:short]-");
    assert_eq!(redactor.redact("-xxabcdefyy-"), "-[redacted:long]-");
    assert_eq!(redactor.redact("-xxabcdefyyzz-"), "-[redacted:long]-");
    assert_eq!(redactor.redact("-abcdefyyzz-"), "-[redacted:tail]-");
    assert_eq!(redactor.redact("abcdefabcdef"), "[redacted:short][redacted:short]");
}

#[test]
fn a_secret_can_be_added_later_and_clones_are_independent() {
    let mut redactor = Redactor::default();
    let before = redactor.clone();
    assert!(redactor.is_empty());
    redactor.add("late", &SecretValue::from("captured-token")).unwrap();
    assert_eq!(redactor.redact("captured-token"), "[redacted:late]");
    assert_eq!(before.redact("captured-token"), "captured-token");
    assert!(redactor.add("pin", &SecretValue::from("1")).is_err());
    let told = redactor.add("db", &SecretValue::from("postgres://app:pw@db/app")).unwrap_err();
    assert_eq!(told, NotHidden::PartTooShort { name: "db".into() });
    assert_eq!(redactor.redact("to postgres://app:pw@db/app"), "to [redacted:db]");
}

#[test]
fn values_are_redacted_in_texts_keys_and_numbers() {
    let redactor = redactor(&[("key", "s3cr3t-value"), ("digits", "1234567890")]);
    let mut value = json!({
        "s3cr3t-value": ["a s3cr3t-value b", 1_234_567_890, true, null],
        "[redacted:key]": 7,
        "n": { "deep": "s3cr3t-value" },
    });
    redactor.redact_value(&mut value);
    assert_eq!(
        value,
        json!({
            "[redacted:key]": ["a [redacted:key] b", "[redacted:digits]", true, null],
            "[redacted:key]#2": 7,
            "n": { "deep": "[redacted:key]" },
        })
    );
}

#[test]
fn a_stream_holds_back_only_what_may_be_a_secret() {
    let redactor = redactor(&[("key", "s3cr3t-value"), ("run", "zzzzzz")]);
    let mut stream = redactor.stream();
    assert_eq!(stream.push(b"password: "), b"password: ");
    assert_eq!(stream.push(b"s3cr"), b"");
    assert_eq!(stream.push(b"et"), b"s3cret");
    assert_eq!(stream.push(b" s3cr3t-val"), b" ");
    assert_eq!(stream.push(b"ue\n"), b"[redacted:key]\n");
    assert_eq!(stream.push(b"s3c"), b"");
    assert_eq!(stream.finish(), b"s3c");

    let mut endless = redactor.stream();
    for _ in 0..1000 {
        assert_eq!(endless.push(&[b'z'; 100]), b"");
    }
    assert_eq!(endless.finish(), b"[redacted:run]");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_equals_the_whole_for_every_split(
        parts in prop::collection::vec(
            prop_oneof![
                Just("hunter2!".to_owned()), Just("hunter2!hunt".to_owned()), Just("er2!hun".to_owned()),
                Just("aGVsbG8t".to_owned()), Just("hello-secret".to_owned()), Just("aaaaaaaa".to_owned()),
                "[hunter2!a ]{0,6}", "\\PC{0,4}",
                Just("aHVudGV\nyMi".to_owned()), Just("aHVud\r\nGVyMi\nFz".to_owned()), "[\r\n]{1,3}",
            ],
            0..12,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let redactor = REDACTOR.with(Redactor::clone);
        let text = parts.concat();
        let whole = redactor.redact_bytes(text.as_bytes()).into_owned();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        at.extend([0, text.len()]);
        at.sort_unstable();
        let mut stream = redactor.stream();
        let mut out = Vec::new();
        for window in at.windows(2) {
            out.extend(stream.push(&text.as_bytes()[window[0]..window[1]]));
        }
        out.extend(stream.finish());
        prop_assert_eq!(&out, &whole);
        let clean = String::from_utf8(whole).unwrap();
        for secret in SECRETS {
            prop_assert!(!clean.contains(secret.1), "{}", clean);
        }
    }
}

const SECRETS: [(&str, &str); 4] =
    [("a", "hunter2!"), ("b", "er2!hunter2!hu"), ("c", "hello-secret"), ("d", "aaaaaaa")];

thread_local! {
    static REDACTOR: Redactor = redactor(&SECRETS);
}
