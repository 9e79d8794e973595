// The page for people: three files that the compiler embedded.
import CSymphonyPage

enum Page {
  static let document = text(sy_page_html_bytes(), sy_page_html_length)
  static let style = text(sy_page_css_bytes(), sy_page_css_length)
  static let script = text(sy_page_js_bytes(), sy_page_js_length)

  private static func text(_ start: UnsafePointer<UInt8>?, _ length: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
  }
}
