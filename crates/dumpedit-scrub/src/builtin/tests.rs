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
            "von «jürgen.müller@corp.de» an",
            "«joe@müller.de»",
            "地址«joe@corp.com»",
            "to=«joe.doe%40corp.com»&x",
            "_«joe@corp.com»",
            "«ewa@żółw.pl»",
            "«юра@почта.рф»",
            "«юра@почта.рфZimbra» to",
            "«ewi@例え.jp»",
            "«x@y.pl»",
            "«joe@corp.com»です",
            "«joe@corp.com»1",
            "«joe@corp.com»Await",
            "«JOE@CORP.COM»!",
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
            "_ZNSs@@GLIBCXX_3.4",
            "_ZN4lldb8SBStream7GetSizeEv@got.plt",
            "_Z3fooi@corp.com",
            "operator_new_long@plt.sec",
        ],
    ),
    (
        "bearer-token",
        &[
            r"x\nBearer «abc.DEF-123_458»",
            "Authorization: Bearer «abc.DEF-123_456»",
            "Authorization: Bearer \"«abc.DEF-123_457»\"",
        ],
        &["the bearer of news", "bearer short"],
    ),
    (
        "curl-password",
        &["curl -u «adm:xSbd414RhJyCtW» https://x.example", "curl -s --user '«a:pass»'"],
        &["curl -u adm", "curl https://x:80"],
    ),
    (
        "basic-credentials",
        &[r"\r\nAuthorization: Basic «dXNlcjpwYXNz»", "Authorization: Basic «dXNlcjpwYXNz»"],
        &["a basic education"],
    ),
    ("authorization-token", &["Authorization: token «0123abcdEF»"], &["unexpected token: identifier"]),
    (
        "url-password",
        &[
            "https%3A%2F%2Fu%3A«r3disPass4»%40h",
            "postgres://app:«s3cr3t!»@db.internal/x",
            "https://bob:«pw»@host",
        ],
        &["https://host:8080/x@y", "ssh://git@host/x"],
    ),
    (
        "assigned-secret",
        &[
            r#"log:\npassword = "«s3cr3tPassw0rd»""#,
            "password = \"«two words»\"",
            "%22password%22%3A%22«s3cr3tPassw11rd»%22",
            "password%3D«s3cr3tPassw11rd»%26x",
            "https://x.example/?token=«s3cr3tTok17rdABCD»",
            "userPassword=«s3cr3tPassw8rd»",
            "passphrase=\"«s3cr3tPassw10rd»\"",
            "<password>«s3cr3t Passw7rd»</password>",
            "DB_PWD=«s3cr3t/x»",
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
            "{\\\"password\\\":\\\"«Zk3PqLx8vB2nM»\\\"}",
            "{\"password\":\"«a\\\\b\\\\cde»\"}",
            "PRIVATE-TOKEN: «0123abcdEF»",
            "x-amz-security-token: «FwoGZXIvYXdz»",
            "; PGPASSWORD=«hunter22» psql",
            "    token: «0123456789abcdefghij»",
            "{\"auth\": \"«dXNlcjpwYXNzd29yZA==»\"}",
        ],
        &[
            "PWD=/home/jane",
            "OLDPWD=/home/jane",
            r"\nPWD=/home/jane",
            "<password></password>",
            "password: %s",
            "token: identifier",
            "password=null",
            "secretary: miller",
        ],
    ),
    (
        "login-password",
        &[
            "machine h login bob password «hunter22»",
            "sshpass -p «hunter22» ssh h",
            "sshpass -p'«hunter22»' ssh h",
        ],
        &["login and password", "sshpass -p $P", "login: bob"],
    ),
    (
        "option-secret",
        &["mysql --password «Zk3PqLx8vB2nM» -u root", "x --db-token \"«0123abcdef»\""],
        &["--token string", "--password --user", "--password <text>", "a-password generator", "--token is"],
    ),
    (
        "cookie",
        &[
            r#"{"h":"GET /\r\nCookie: sid=«Zz81kdm20dkWWkd91mmsq0p»\r\n"}"#,
            r#"{\"Cookie\": \"sid=«0123abce»\", \"a\": 1}"#,
            r#"{\"Set-Cookie\": \"sid=«0123abcf»\"}"#,
            r#""Cookie: sid=«a\\b\/cd; c=d»\r\nHost: x""#,
            "Cookie: sessionid=«Zk3PqLx8vB2nM5tR7yW1; a=b»\r\n",
            "\"Cookie\": \"sid=«0123abcd»\"",
            "Set-Cookie: JSESSIONID=«Zk3PqLx8vB2nM5tR7yW1»; path=/",
        ],
        &["Cookie: none", "cookie=1234", "Set-Cookie: a=b;"],
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
            "t=«ghp_0123456789abcdefghijABCDEFGHIJ012345»1",
            "t=«ghp_0123456789abcdefghijABCDEFGHIJ0123456789»",
            "TOKEN«ghp_0123456789abcdefghijABCDEFGHIJ012345»",
            "_«ghs_0123456789abcdefghijABCDEFGHIJ012345»",
            "x«github_pat_0123456789abcdefghijAB_CD»",
        ],
        &["ghp_short", "GHP_0123456789abcdefghijABCDEFGHIJ012345"],
    ),
    (
        "gitlab-token",
        &[
            "«GR13489413CXlMaXZjljENUhJduRH»",
            "«glpat-ABCDEFGHIJ0123456789»",
            "TOKEN«glpat-ABCDEFGHIJ0123456789»",
            "_«glrt-ABCDEFGHIJ0123456789»",
        ],
        &["GR1348941short", "glpat-short", "glpat-some-long-class-of-style-sheets"],
    ),
    (
        "aws-access-key-id",
        &[
            r"x\n«AKIAIOSFODNN7EXAMPLE»",
            "/x%20«AKIAIOSFODNN7EXAMPLE»",
            r"\u0020«AKIAIOSFODNN7EXAMPLE»",
            r"\x20«AKIAIOSFODNN7EXAMPLE»",
            "key «AKIAIOSFODNN7EXAMPLE»;",
            "KEY_«AKIAIOSFODNN7EXAMPLE»_x",
            "text«AKIAIOSFODNN7EXAMPLE»text",
            "«ASIAIOSFODNN7EXAMPLE»AB",
        ],
        &["XASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7"],
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
        &["«npm_0123456789abcdefghijABCDEFGHIJ012345»", "TOKEN«npm_0123456789abcdefghijABCDEFGHIJ012345»1"],
        &["npm_config_registry", "npm_config_registry_of_the_package_manager"],
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
        &[
            r"\t«SK0123456789abcdef0123456789abcdef»",
            "«SK0123456789abcdef0123456789abcdef»",
            "sid: «AC0123456789abcdef0123456789abcdef»,",
        ],
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
            "-----BEGIN PRIVATE KEY-----«\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nVJTUt9Us\n»(text)",
            "-----BEGIN PRIVATE KEY-----«\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC»<b>",
            "\"-----BEGIN EC PRIVATE KEY-----«\\n\"\n\"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n\"\n\"VJTUt9Us\\n\"\n\"»-----END EC PRIVATE KEY-----",
            "[\"-----BEGIN PRIVATE KEY-----«\",\"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\",\"VJTUt9Us\",\"»-----END PRIVATE KEY-----\"]",
            "-----BEGIN RSA PRIVATE KEY-----«\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n»-----END",
        ],
        &[
            "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PUBLIC KEY-----",
            "a private key",
            "-----BEGIN PRIVATE KEY----- is (how) it begins",
        ],
    ),
    (
        "card-number",
        &[
            r"x\n«4539578763621486»",
            "%20«4539578763621486»",
            "card «4111 1111 1111 1111»,",
            "«4539578763621486»byworker",
            "text«4539578763621486»",
            "«378282246310005»",
            "«3530111333300000»",
            "«6200000000000005» - x",
            "«3056 930902 5904»",
            "«6759 6498 2643 8453»",
            " «4222222222222» ",
        ],
        &[
            "a4539578763621486",
            "84539578763621486",
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
            "/var/log/hosts/«10.1.2.3»/app.log",
            r"\\«10.1.2.3»\share",
            "«192.0.66.77»bearer",
            "«10.1.2.3»b",
        ],
        &[
            "127.0.0.1:80",
            "255.255.255.0",
            "255.255.0.0",
            "224.0.0.251",
            "X25519:1.3.101.110",
            "1.2.3.4rc1",
            "1.2.3.4beta",
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
            "/opt/python/3.11.4.1/lib",
            "/opt/python3.11/3.11.4.1/lib",
            r"C:\Python\3.11.4.1\lib",
            r#""C:\\Python311\\3.11.4.1\\lib""#,
            "/opt/acme/versions/1.2.3.4/bin",
            r"C:\acme\Releases\1.2.3.4\a.dll",
        ],
    ),
    (
        "address-in-name",
        &[
            "host-«203.0.113.77»",
            "ip-«10-0-0-5».ec2.internal",
            "«77.113.0.203».in-addr.arpa",
            "«b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.»ip6.arpa",
        ],
        &["libhost-x1.2.3.4", "zip-1.2.3.4", "server-8.0.1.2", "in-addr.arpa"],
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
        &[
            "%2Fhome%2F«jankos18»%2F",
            "C%3A%5CUsers%5C«jankos20»%5Cx",
            r"\/home\/«jan»\/",
            "/home/users/«jankos28»/x",
            r"C:\Users\«O'Neil»\x",
            "/home/«o'neil»/x",
            "'/home/«jane»'",
            "/home/«alice»/src/x.c",
            "C:\\Users\\«Alice»\\AppData",
            "file:///Users/«alice»",
            "/home/«al»/",
            "C:\\Users\\«Jane Doe»\\AppData",
            "/Users/«Jane Doe»/x",
            "C:\\Users\\«Jane» Doe",
            "/home/«jane» and /x",
        ],
        &["/home/users/", "/home/ and /usr/share/x", "C:\\Users\\Public\\x", "/home/user/x"],
    ),
    (
        "telling-variable",
        &["HOME=«/srv/bob»", "MY_API_TOKEN=«abc»", "SSH_CLIENT=«10.0.0.1 1 2»", "NEWPWD=«correct»"],
        &["HOME_PAGE=x", "LANG=en", "x HOME=/srv/bob"],
    ),
    (
        "module-path",
        &["«/opt/our app/lib»/libx.so.1.2", "«C:\\build\\x64»\\app.pdb"],
        &["libc.so.6", "/opt/x/readme.txt"],
    ),
    (
        "age-key",
        &["«AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE»"],
        &["AGE-SECRET-KEY-1Q"],
    ),
    (
        "anthropic-key",
        &["«sk-ant-api03-a1B2c3D4e5F6g7H8i9J0-k1L2m3N4o5P6»"],
        &["sk-ant-hill", "sk-ant-api03-short"],
    ),
    (
        "atlassian-token",
        &["«ATATT3xFfGF00123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ01=0123ABCD»"],
        &["ATATT3xFfGF0"],
    ),
    (
        "databricks-token",
        &["«dapi0123456789abcdef0123456789abcdef-2»", "«dapi0123456789abcdef0123456789abcdef»1"],
        &["dapi_call", "xdapi0123456789abcdef0123456789abcdef"],
    ),
    (
        "digitalocean-token",
        &["«dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»"],
        &["dop_v1_0123", "dox_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],
    ),
    ("docker-token", &["«dckr_pat_0123456789abcdefghij_-ABCDE»"], &["dckr_pat_short"]),
    (
        "doppler-token",
        &["«dp.pt.0123456789abcdefghijABCDEFGHIJ0123456789abc»"],
        &["dp.pt.short", "adp.pt.0123456789abcdefghijABCDEFGHIJ0123456789abc"],
    ),
    (
        "grafana-token",
        &["«glc_0123456789abcdefghijABCDEFGHIJ01==»", "«glsa_0123456789abcdefghijABCDEFGHIJ01_0123abcd»"],
        &["glc_short", "glsa_0123456789abcdefghijABCDEFGHIJ01"],
    ),
    (
        "grafana-key",
        &["«eyJrIjoi0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ=»"],
        &["eyJrIjoi0123"],
    ),
    (
        "huggingface-token",
        &["x=«hf_abcdefghijKLMNOPQRSTuvwxyzABCDEFGH»"],
        &["hf_transfer_is_the_name_of_a_library_of", "shf_abcdefghijKLMNOPQRSTuvwxyzABCDEFGH"],
    ),
    ("linear-key", &["«lin_api_0123456789abcdefghijABCDEFGHIJ0123456789»"], &["lin_api_version"]),
    (
        "mailgun-key",
        &["«key-0123456789abcdef0123456789abcdef»"],
        &["key-0123456789abcdef", "monkey-0123456789abcdef0123456789abcdef"],
    ),
    (
        "notion-token",
        &[
            "«ntn_01234567890abcdefghijABCDEFGHIJ0123456789abcde»",
            "«secret_0123456789abcdefghijABCDEFGHIJ0123456789abc»",
        ],
        &["ntn_0123", "secret_santa"],
    ),
    (
        "postman-key",
        &["«PMAK-0123456789abcdef01234567-0123456789abcdef0123456789abcdef01»"],
        &["PMAK-0123456789abcdef01234567"],
    ),
    (
        "pulumi-token",
        &["«pul-0123456789abcdef0123456789abcdef01234567»"],
        &["pul-0123", "spul-0123456789abcdef0123456789abcdef01234567"],
    ),
    (
        "sentry-token",
        &[
            "«sntrys_eyJpYXQiOjE2ODczMzY1NDMuNjk4NTksInVybCI6bnVsbH0=_0123abcdEF»",
            "«sntryu_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»",
        ],
        &["sntrys_short", "sntryu_0123"],
    ),
    (
        "shopify-token",
        &["«shpat_0123456789abcdef0123456789abcdef»"],
        &["shpat_0123", "shpxx_0123456789abcdef0123456789abcdef"],
    ),
    (
        "slack-app-token",
        &["«xapp-1-A0123456789-1234567890123-0123456789abcdef0123456789abcdef»"],
        &["xapp-1-A"],
    ),
    (
        "square-token",
        &["«sq0atp-0123456789abcdefghijAB»", "t=\"«EAAA0123456789abcdefghijABCDEFGHIJ»\""],
        &["sq0atp-short", "AEAAA0123456789abcdefghijABCDEFGHIJ", "EAAA0123456789abcdefghijABCDEFGHIJ=="],
    ),
    (
        "telegram-token",
        &[
            "7485165573x «7485165573:AfKssJ-Sk_WzDNhY7AGbX6lTiDYHP9zyByl»",
            "/bot«1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw8»/getMe",
        ],
        &["1234567890:AAshort", "00:AA:BB:CC:DD:EE"],
    ),
    (
        "brevo-key",
        &["«xkeysib-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-9WvVxG2Opw3JTzvd»"],
        &["xkeysib-0123"],
    ),
    (
        "circleci-token",
        &["«CCIPAT_xpRlj0QDlO8025P36cuyx1_0123456789abcdef0123456789abcdef01234567»"],
        &["CCIPAT_short"],
    ),
    (
        "clojars-token",
        &["«CLOJARS_0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij»"],
        &["CLOJARS_TOKEN"],
    ),
    ("duffel-token", &["«duffel_live_0123456789abcdefghij0123456789abcdefghij-_=»"], &["duffel_live_mode"]),
    (
        "dynatrace-token",
        &[
            "«dt0c01.0123456789ABCDEFGHIJKLMN.0123456789ABCDEFGHIJ0123456789ABCDEFGHIJ0123456789ABCDEFGHIJKLMN»",
        ],
        &["dt0c01.short"],
    ),
    ("easypost-key", &["«EZAK0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCD»"], &["EZAK0123"]),
    ("flutterwave-key", &["«FLWSECK_TEST-0123456789abcdef0123456789abcdef-X»"], &["FLWSECK_TEST-short"]),
    (
        "fly-token",
        &[
            "«fo1_OrpTbndzCm5Ms3GPgmpUd9iMdfeZ04KvUiamrIP4aOu»",
            "FlyV1 «fm2_0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij==»",
        ],
        &["fo1_short", "xfo1_OrpTbndzCm5Ms3GPgmpUd9iMdfeZ04KvUiamrIP4aOu"],
    ),
    (
        "frameio-token",
        &["«fio-u-0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij-_=x»"],
        &["fio-u-short"],
    ),
    (
        "newrelic-key",
        &["«NRAK-LKGTQ9BBGMQB37P2GWGLCRH356R»", "«NRII-hhhz4iILo3ojQKDVzk80b8OySAM1MHcz»"],
        &["NRAK-SHORT", "XNRAK-LKGTQ9BBGMQB37P2GWGLCRH356R"],
    ),
    ("perplexity-key", &["«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»"], &["pplx-70b-online"]),
    (
        "planetscale-token",
        &["«pscale_tkn_w6fPsON7UPSqPpfiVbbXz1jsxl9OH257RkgYU1tVNuy»"],
        &["pscale_tkn_short"],
    ),
    ("prefect-key", &["«pnu_wm4f8u7318jzfdvt0x4itv7bmo2fjx90x7p2»"], &["pnu_short"]),
    (
        "readme-key",
        &["«rdme_0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789»"],
        &["rdme_short"],
    ),
    ("rubygems-key", &["«rubygems_0123456789abcdef0123456789abcdef0123456789abcdef»"], &["rubygems_version"]),
    ("scalingo-token", &["«tk-us-UFc0MwgwJuZMhc76RpqwmSCb1LChYbFheZqljJ7s3RQy1jL4»"], &["tk-us-short"]),
    ("shippo-token", &["«shippo_live_0123456789abcdef0123456789abcdef01234567»"], &["shippo_live_mode"]),
    (
        "teams-webhook",
        &[
            "https://corp.webhook.office.com/webhookb2/«2da187e9-66ec-e661-5d31-42f505f79654@63e3621d-78ed-4141-5e97-a498a647c1ac/IncomingWebhook/49726e45dac31b3629fb0f26f89264f8/79130b64-915a-bef7-ab53-92e335ce1113»",
        ],
        &["https://corp.webhook.office.com/webhookb2/"],
    ),
    (
        "terraform-token",
        &["«6dHZwvs1O38Ffa.atlasv1.0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij01»"],
        &["x.atlasv1.short"],
    ),
    (
        "typeform-token",
        &["«tfp_vXyXDhfo2eK0agFf2WnKDd0RmTvE3dJSVA1LiA0d3OjuvmHalIrHqfuyqQ2»"],
        &["tfp_short"],
    ),
    (
        "vault-token",
        &["«hvs.CAESIJlWh0x8u2mQ9qPmZ0s1b2c3»"],
        &["hvs.short", "xhvs.CAESIJlWh0x8u2mQ9qPmZ0s1b2c3"],
    ),
];

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URL_SAFE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// By kind of token, its parts: a fixed text, and a number of letters, each any of some.
const TOKENS: &[&[(&str, &str, usize)]] = &[
    &[("ghp_", WORD, 36)],
    &[("github_pat_", WORD, 22), ("_", WORD, 59)],
    &[("glpat-", URL_SAFE, 20)],
    &[("glpat-", LETTERS, 20)],
    &[("glrt-", URL_SAFE, 20)],
    &[("AKIA", CAPITALS, 16)],
    &[("AIza", URL_SAFE, 35)],
    &[("ya29.", URL_SAFE, 60)],
    &[("GOCSPX-", URL_SAFE, 28)],
    &[("xoxb-", DIGITS, 12), ("-", DIGITS, 12), ("-", WORD, 24)],
    &[("xapp-1-A", CAPITALS, 10), ("-", DIGITS, 13), ("-", HEX, 64)],
    &[("sk_live_", WORD, 24)],
    &[("whsec_", WORD, 32)],
    &[("npm_", WORD, 36)],
    &[("pypi-AgEIcHlwaS5vcmc", URL_SAFE, 70)],
    &[("SG.", URL_SAFE, 22), (".", URL_SAFE, 43)],
    &[("SK", HEX, 32)],
    &[("sk-", WORD, 20), ("T3BlbkFJ", WORD, 20)],
    &[("sk-", LETTERS, 48)],
    &[("sk-proj-", URL_SAFE, 74), ("T3BlbkFJ", URL_SAFE, 74)],
    &[("sk-ant-api03-", URL_SAFE, 93), ("AA", "", 0)],
    &[("eyJhbGciOiJIUzI1NiJ9.eyJ", URL_SAFE, 30), (".", URL_SAFE, 43)],
    &[("AGE-SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)],
    &[("ATATT3xFfGF0", URL_SAFE, 172), ("=", HEX, 8)],
    &[("dapi", HEX, 32)],
    &[("dop_v1_", HEX, 64)],
    &[("dckr_pat_", URL_SAFE, 27)],
    &[("dp.pt.", WORD, 43)],
    &[("glc_", WORD, 80)],
    &[("glsa_", WORD, 32), ("_", HEX, 8)],
    &[("eyJrIjoi", WORD, 80)],
    &[("hf_", LETTERS, 34)],
    &[("lin_api_", WORD, 40)],
    &[("key-", HEX, 32)],
    &[("ntn_", DIGITS, 11), ("", WORD, 35)],
    &[("secret_", WORD, 43)],
    &[("PMAK-", HEX, 24), ("-", HEX, 34)],
    &[("pul-", HEX, 40)],
    &[("sntrys_eyJpYXQiO", WORD, 100), ("=_", WORD, 43)],
    &[("sntryu_", HEX, 64)],
    &[("shpat_", HEX, 32)],
    &[("sq0atp-", URL_SAFE, 22)],
    &[("EAAA", URL_SAFE, 60)],
    &[("", DIGITS, 10), (":AA", URL_SAFE, 33)],
    &[("GR1348941", URL_SAFE, 20)],
    &[("xkeysib-", HEX, 64), ("-", WORD, 16)],
    &[("CCIPAT_", WORD, 22), ("_", HEX, 40)],
    &[("duffel_test_", URL_SAFE, 43)],
    &[("EZTK", WORD, 54)],
    &[("fo1_", URL_SAFE, 43)],
    &[("fm2_", WORD, 120)],
    &[("fio-u-", URL_SAFE, 64)],
    &[("NRAK-", CAPITALS, 27)],
    &[("pplx-", WORD, 48)],
    &[("pscale_pw_", URL_SAFE, 43)],
    &[("rubygems_", HEX, 48)],
    &[("tk-us-", URL_SAFE, 48)],
    &[("", WORD, 14), (".atlasv1.", URL_SAFE, 67)],
    &[("tfp_", URL_SAFE, 59)],
    &[("", DIGITS, 10), (":A", URL_SAFE, 34)],
    &[("hvs.", URL_SAFE, 90)],
];

/// Number of random tokens of each kind.
const MANY: usize = 100;

#[test]
fn no_token_of_a_kind_is_left_whatever_its_letters_are() {
    let rules = builtin();
    let matcher = Matcher::new(&rules).unwrap();
    let mut below = below();
    for parts in TOKENS {
        for _ in 0..MANY {
            let mut token = String::new();
            for (fixed, letters, count) in *parts {
                token.push_str(fixed);
                token.extend((0..*count).map(|_| char::from(letters.as_bytes()[below(letters.len())])));
            }
            let found = found(&matcher, &rules, &format!("\"{token}\""));
            assert!(found.iter().any(|(_, secret)| *secret == token), "{token}: {found:?}");
        }
    }
}

/// Random numbers below a limit, the same in each run.
fn below() -> impl FnMut(usize) -> usize {
    let mut state = 1u64;
    move |limit| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % limit
    }
}

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
    let between = ["", " ", "\n", "\"", ",", "=", ":", "/", "\\", ".", "-", "<", "\\n", "%20", "\\u0020"];
    let (mut below, mut room) = (below(), Room::default());
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
