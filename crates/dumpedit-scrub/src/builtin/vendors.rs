//! Tokens that a vendor's prefix gives away: each is found whole, whatever its letters are.

/// Ids of rules, patterns whose group, where there is one, is the token, and keywords that every match contains.
pub(super) const VENDORS: &[(&str, &str, &[&str])] = &[
    ("age-key", "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", &["age-secret-key-1"]),
    ("anthropic-key", r"sk-ant-[a-z0-9]{2,16}-[A-Za-z0-9_-]{24,}", &["sk-ant-"]),
    ("atlassian-token", r"AT(?:ATT|CTT)3[A-Za-z0-9_=-]{60,}", &["atatt3", "atctt3"]),
    ("databricks-token", r"(?:\b|_)(dapi[0-9a-f]{32}(?:-[0-9])?)(?:[^0-9A-Za-z]|$)", &["dapi"]),
    ("digitalocean-token", r"do[opr]_v1_[0-9a-f]{64}", &["doo_v1_", "dop_v1_", "dor_v1_"]),
    ("docker-token", r"dckr_[po]at_[A-Za-z0-9_-]{27,}", &["dckr_pat_", "dckr_oat_"]),
    (
        "doppler-token",
        r"(?:\b|_)(dp\.(?:audit|ct|pt|sa|scim|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44})",
        &["dp.audit.", "dp.ct.", "dp.pt.", "dp.sa.", "dp.scim.", "dp.st."],
    ),
    (
        "grafana-token",
        r"glc_[A-Za-z0-9+/]{32,}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
        &["glc_", "glsa_"],
    ),
    ("grafana-key", r"eyJrIjoi[A-Za-z0-9+/]{60,}={0,3}", &["eyjrijoi"]),
    ("huggingface-token", r"(?:\b|_)((?:hf|api_org)_[A-Za-z0-9]{34,})", &["hf_", "api_org_"]),
    ("linear-key", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,}", &["lin_api_", "lin_oauth_"]),
    ("mailgun-key", r"(?:^|[^A-Za-z0-9])((?:pub)?key-[0-9a-f]{32})(?:[^0-9A-Za-z]|$)", &["key-"]),
    (
        "notion-token",
        r"(?:\b|_)(ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})(?:[^0-9A-Za-z]|$)",
        &["ntn_", "secret_"],
    ),
    ("postman-key", r"PMAK-[0-9a-fA-F]{24}-[0-9a-fA-F]{34}", &["pmak-"]),
    ("pulumi-token", r"(?:\b|_)(pul-[0-9a-f]{40})", &["pul-"]),
    ("sentry-token", r"sntrys_[A-Za-z0-9+/=_-]{40,}|sntryu_[0-9a-f]{64}", &["sntrys_", "sntryu_"]),
    ("shopify-token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", &["shpat_", "shpca_", "shppa_", "shpss_"]),
    ("slack-app-token", r"(?i)xapp-[0-9]-[A-Z0-9]{6,}-[0-9]{6,}-[a-z0-9]{20,}", &["xapp-"]),
    // A text that begins alike may be the Base64 of a small number, so that nothing else of Base64 is beside it.
    (
        "square-token",
        r"(sq0[a-z]{3}-[A-Za-z0-9_-]{22,})|(?:^|[^A-Za-z0-9+/_=-])(EAAA[A-Za-z0-9_-]{22,60})(?:[^A-Za-z0-9+/_=-]|$)",
        &["sq0atp-", "sq0csp-", "sq0idp-", "eaaa"],
    ),
    ("telegram-token", r"(?:^|[^0-9])([0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?:[^A-Za-z0-9_-]|$)", &[":aa"]),
    ("vault-token", r"(?:\b|_)(hv[brs]\.[A-Za-z0-9_-]{24,})", &["hvb.", "hvr.", "hvs."]),
];
