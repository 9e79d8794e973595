// RSA signatures and SHA-256 by the machine's own libcrypto (OpenSSL 1.1.1 or 3), which is loaded when
// the first is asked for. Only a GitHub App and Git LFS in a sandbox need it: everybody else needs no
// OpenSSL, and the build needs neither its headers nor a second copy of it.
#include "CSymphonyPlatform.h"
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>

// Signatures from the manual pages BIO_s_mem(3), PEM_read_bio_PrivateKey(3), EVP_PKEY_get_size(3) and
// EVP_DigestSignInit(3) and EVP_DigestInit(3).
typedef int passphrase(char *, int, int, void *);
static struct {
  void *(*BIO_new_mem_buf)(const void *, int);
  int (*BIO_free)(void *);
  void *(*PEM_read_bio_PrivateKey)(void *, void **, passphrase *, void *);
  void (*EVP_PKEY_free)(void *);
  int (*EVP_PKEY_get_base_id)(const void *);
  int (*EVP_PKEY_get_bits)(const void *);
  void *(*EVP_MD_CTX_new)(void);
  void (*EVP_MD_CTX_free)(void *);
  const void *(*EVP_sha256)(void);
  int (*EVP_DigestSignInit)(void *, void **, const void *, void *, void *);
  int (*EVP_DigestSign)(void *, unsigned char *, size_t *, const unsigned char *, size_t);
  int (*EVP_DigestInit_ex)(void *, const void *, void *);
  int (*EVP_DigestUpdate)(void *, const void *, size_t);
  int (*EVP_DigestFinal_ex)(void *, unsigned char *, unsigned int *);
  void (*ERR_clear_error)(void);
} crypto;

static int is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Looks a function up under the name it has had since version 3, then under the one before.
static int find(void *library, void **function, const char *name, const char *older) {
  *function = dlsym(library, name);
  if (!*function && older) *function = dlsym(library, older);
  return *function != NULL;
}

static void load(void) {
  static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) continue;
#define FIND(name, older) find(library, (void **)&crypto.name, #name, older)
    if (FIND(BIO_new_mem_buf, NULL) && FIND(BIO_free, NULL) &&
        FIND(PEM_read_bio_PrivateKey, NULL) && FIND(EVP_PKEY_free, NULL) &&
        FIND(EVP_PKEY_get_base_id, "EVP_PKEY_base_id") &&
        FIND(EVP_PKEY_get_bits, "EVP_PKEY_bits") && FIND(EVP_MD_CTX_new, NULL) &&
        FIND(EVP_MD_CTX_free, NULL) && FIND(EVP_sha256, NULL) && FIND(EVP_DigestSignInit, NULL) &&
        FIND(EVP_DigestSign, NULL) && FIND(EVP_DigestInit_ex, NULL) &&
        FIND(EVP_DigestUpdate, NULL) && FIND(EVP_DigestFinal_ex, NULL) &&
        FIND(ERR_clear_error, NULL)) {
      is_loaded = 1;
      return;
    }
#undef FIND
    dlclose(library);
  }
}

// A key with a passphrase is refused: by default OpenSSL would ask the terminal for it.
static int no_passphrase(char *buffer, int size, int is_writing, void *context) {
  (void)buffer, (void)size, (void)is_writing, (void)context;
  return 0;
}

static void *read_key(const void *pem, size_t length) {
  if (length > INT_MAX) return NULL;
  void *text = crypto.BIO_new_mem_buf(pem, (int)length);
  if (!text) return NULL;
  void *key = crypto.PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL);
  crypto.BIO_free(text);
  return key;
}

int sy_rsa_sha256(
    const void *pem, size_t pem_length, const void *content, size_t content_length,
    void *signature, size_t *signature_length) {
  enum { rsa = 6 };  // EVP_PKEY_RSA, the same number in every version (obj_mac.h, NID_rsaEncryption).
  pthread_once(&once, load);
  if (!is_loaded) return SY_RSA_NO_LIBRARY;
  int outcome = SY_RSA_NOT_SIGNED;
  void *context = NULL;
  void *key = read_key(pem, pem_length);
  if (!key || crypto.EVP_PKEY_get_base_id(key) != rsa || crypto.EVP_PKEY_get_bits(key) < 2048) {
    outcome = SY_RSA_BAD_KEY;
  } else if (
      (context = crypto.EVP_MD_CTX_new()) &&
      crypto.EVP_DigestSignInit(context, NULL, crypto.EVP_sha256(), NULL, key) == 1 &&
      crypto.EVP_DigestSign(context, signature, signature_length, content, content_length) == 1) {
    outcome = SY_RSA_SIGNED;
  }
  if (context) crypto.EVP_MD_CTX_free(context);
  if (key) crypto.EVP_PKEY_free(key);
  // The errors of this thread would otherwise be found by the next who asks OpenSSL for its own.
  crypto.ERR_clear_error();
  return outcome;
}

void *sy_sha256_begin(void) {
  pthread_once(&once, load);
  void *context = is_loaded ? crypto.EVP_MD_CTX_new() : NULL;
  if (context && crypto.EVP_DigestInit_ex(context, crypto.EVP_sha256(), NULL) == 1) return context;
  sy_sha256_free(context);
  return NULL;
}

int sy_sha256_add(void *digest, const void *bytes, size_t length) {
  return crypto.EVP_DigestUpdate(digest, bytes, length) == 1 ? 0 : -1;
}

int sy_sha256_end(void *digest, unsigned char *value) {
  return crypto.EVP_DigestFinal_ex(digest, value, NULL) == 1 ? 0 : -1;
}

void sy_sha256_free(void *digest) {
  if (digest) crypto.EVP_MD_CTX_free(digest);
}
