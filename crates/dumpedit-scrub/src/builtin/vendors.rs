//! Tokens that a vendor's prefix gives away: each is found whole, whatever its letters are.

/// Ids of rules, patterns whose group, where there is one, is the token, and keywords that every match contains.
pub(super) const VENDORS: &[(&str, &str, &[&str])] = &[
    ("age-key", "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", &["age-secret-key-1"]),
    ("anthropic-key", r"sk-ant-[a-z0-9]{2,16}-[A-Za-z0-9_-]{24,}", &["sk-ant-"]),
    ("atlassian-token", r"AT(?:ATT|CTT)3[A-Za-z0-9_=-]{60,}", &["atatt3", "atctt3"]),
    ("brevo-key", r"x(?:keysib|smtpsib)-[0-9a-f]{64}-[A-Za-z0-9]{16}", &["xkeysib-", "xsmtpsib-"]),
    ("circleci-token", r"CCIP(?:AT|RJ)_[A-Za-z0-9]{20,24}_[0-9a-f]{40}", &["ccipat_", "cciprj_"]),
    ("clojars-token", r"(?i)CLOJARS_[a-z0-9]{60}", &["clojars_"]),
    ("databricks-token", word!(r"(dapi[0-9a-f]{32}(?:-[0-9])?)"), &["dapi"]),
    ("digitalocean-token", r"do[opr]_v1_[0-9a-f]{64}", &["doo_v1_", "dop_v1_", "dor_v1_"]),
    ("docker-token", r"dckr_[po]at_[A-Za-z0-9_-]{27,}", &["dckr_pat_", "dckr_oat_"]),
    (
        "doppler-token",
        word!(r"(dp\.(?:audit|ct|pt|sa|scim|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44})"),
        &["dp.audit.", "dp.ct.", "dp.pt.", "dp.sa.", "dp.scim.", "dp.st."],
    ),
    ("duffel-token", r"duffel_(?:test|live)_[A-Za-z0-9_=-]{43}", &["duffel_test_", "duffel_live_"]),
    (
        "dynatrace-token",
        r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
        &["dt0c01.", "dt0s01.", "dt0s02.", "dt0s03.", "dt0s08."],
    ),
    ("easypost-key", r"EZ[AT]K[A-Za-z0-9]{54}", &["ezak", "eztk"]),
    (
        "flutterwave-key",
        r"(?i)FLW(?:SEC|PUB)K(?:_TEST)?-[0-9a-z]{12,40}(?:-X)?",
        &["flwseck-", "flwseck_test-", "flwpubk-", "flwpubk_test-"],
    ),
    (
        "fly-token",
        word!(r"(fo1_[A-Za-z0-9_-]{43}|fm[12][ar]?_[A-Za-z0-9+/=_,-]{100,})"),
        &["fo1_", "fm1a_", "fm1r_", "fm1_", "fm2_"],
    ),
    ("frameio-token", r"fio-u-[A-Za-z0-9_=-]{64}", &["fio-u-"]),
    (
        "grafana-token",
        r"glc_[A-Za-z0-9+/]{32,}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
        &["glc_", "glsa_"],
    ),
    ("grafana-key", r"eyJrIjoi[A-Za-z0-9+/]{60,}={0,3}", &["eyjrijoi"]),
    ("huggingface-token", word!(r"((?:hf|api_org)_[A-Za-z0-9]{34,})"), &["hf_", "api_org_"]),
    ("linear-key", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,}", &["lin_api_", "lin_oauth_"]),
    (
        "mailgun-key",
        concat!("(?:^|[^A-Za-z0-9]|", escape!(), ")((?:pub)?key-[0-9a-f]{32})(?:[^0-9A-Fa-f]|$)"),
        &["key-"],
    ),
    (
        "newrelic-key",
        word!(r"(?i)(NRAK-[a-z0-9]{27}|NRII-[a-z0-9-]{32}|NRJS-[a-f0-9]{19}|NRBR-[a-f0-9]{19})"),
        &["nrak-", "nrii-", "nrjs-", "nrbr-"],
    ),
    (
        "notion-token",
        word!(r"(?:(ntn_[0-9]{11}[A-Za-z0-9]{35})|(secret_[A-Za-z0-9]{43})(?:[^0-9A-Za-z]|$))"),
        &["ntn_", "secret_"],
    ),
    ("perplexity-key", word!(r"(pplx-[A-Za-z0-9]{48})"), &["pplx-"]),
    ("planetscale-token", r"pscale_(?:tkn|pw|oauth|api)_[A-Za-z0-9_=.-]{32,64}", &["pscale_"]),
    ("postman-key", r"PMAK-[0-9a-fA-F]{24}-[0-9a-fA-F]{34}", &["pmak-"]),
    ("prefect-key", word!(r"(pn[ub]_[A-Za-z0-9]{36})"), &["pnu_", "pnb_"]),
    ("pulumi-token", word!(r"(pul-[0-9a-f]{40})"), &["pul-"]),
    ("readme-key", word!(r"(rdme_[a-z0-9]{70})"), &["rdme_"]),
    ("rubygems-key", r"rubygems_[0-9a-f]{48}", &["rubygems_"]),
    ("scalingo-token", word!(r"(tk-us-[A-Za-z0-9_-]{48})"), &["tk-us-"]),
    ("sentry-token", r"sntrys_[A-Za-z0-9+/=_-]{40,}|sntryu_[0-9a-f]{64}", &["sntrys_", "sntryu_"]),
    ("shippo-token", r"(?i)shippo_(?:live|test)_[0-9a-f]{40}", &["shippo_live_", "shippo_test_"]),
    ("shopify-token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", &["shpat_", "shpca_", "shppa_", "shpss_"]),
    ("slack-app-token", r"(?i)xapp-[0-9]-[A-Z0-9]{6,}-[0-9]{6,}-[a-z0-9]{20,}", &["xapp-"]),
    // A text that begins alike may be the Base64 of a small number, so that nothing else of Base64 is beside it.
    (
        "square-token",
        concat!(
            "(sq0[a-z]{3}-[A-Za-z0-9_-]{22,})|(?:^|[^A-Za-z0-9+/_=-]|",
            escape!(),
            ")(EAAA[A-Za-z0-9_-]{22,60})(?:[^A-Za-z0-9+/_=-]|$)"
        ),
        &["sq0atp-", "sq0csp-", "sq0idp-", "eaaa"],
    ),
    (
        "teams-webhook",
        r"(?i)\.webhook\.office\.com/webhookb2/([0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-z]{32}/[0-9a-f-]{36}(?:/[A-Za-z0-9_-]+)?)",
        &[".webhook.office.com"],
    ),
    (
        "telegram-token",
        concat!("(?:^|[^0-9]|", escape!(), ")([0-9]{8,10}:A[A-Za-z0-9_-]{34})(?:[^A-Za-z0-9_-]|$)"),
        &["0:a", "1:a", "2:a", "3:a", "4:a", "5:a", "6:a", "7:a", "8:a", "9:a"],
    ),
    ("terraform-token", word!(r"([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70})"), &[".atlasv1."]),
    ("typeform-token", word!(r"(tfp_[A-Za-z0-9_.=-]{59,})"), &["tfp_"]),
    ("vault-token", word!(r"(hv[brs]\.[A-Za-z0-9_-]{24,})"), &["hvb.", "hvr.", "hvs."]),
];
