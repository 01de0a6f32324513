// Self-signed certificates for tests, made in a moment.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace jhub::proxy::testing {

// A certificate for the DNS name, valid for `days`, and its key, both in FOLDER/NAME.pem. Returns the path.
inline std::string make_certificate(std::filesystem::path const& folder, std::string const& name, int days = 30,
                                    std::string const& file_name = {})
{
    std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })> const key(EVP_EC_gen("P-256"));
    std::unique_ptr<X509, decltype([](X509* one) { X509_free(one); })> const certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::int64_t{days} * 86'400);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    std::string const names = "DNS:" + name;
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate.get(), key.get(), EVP_sha256());

    std::string const path = folder / ((file_name.empty() ? name : file_name) + ".pem");
    std::string const fresh = path + ".new";
    std::FILE* const out = std::fopen(fresh.c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
    std::filesystem::rename(fresh, path);
    return path;
}

} // namespace jhub::proxy::testing
