#ifndef CSYMPHONYPAGE_H
#define CSYMPHONYPAGE_H
#include <stddef.h>
/// The files of the page of `symphony serve`, byte for byte; no zero byte ends them.
const unsigned char *sy_page_html_bytes(void);
const unsigned char *sy_page_css_bytes(void);
const unsigned char *sy_page_js_bytes(void);
extern const size_t sy_page_html_length, sy_page_css_length, sy_page_js_length;
#endif
