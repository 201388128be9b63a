use super::*;

#[test]
fn a_path_goes_below_its_base_and_stays_secret_when_the_base_is() {
    let plain = |text: &str| EnvValue::Plain(text.to_owned());
    let joined = below(&plain("https://a.example/v1/"), &plain("/health?x=1"));
    assert!(matches!(joined, EnvValue::Plain(url) if url == "https://a.example/v1/health?x=1"));
    let secret = EnvValue::Secret("https://a.example".to_owned().into());
    let joined = below(&secret, &plain("/health"));
    assert!(matches!(&joined, EnvValue::Secret(_)));
    assert_eq!(joined.text(), "https://a.example/health");
}
