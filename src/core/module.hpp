// Parts of the program that are loaded when they are needed, so that no other command pays for the libraries
// that they bring along.
#pragma once

#include <string>

namespace fanfold {

/// Whether others find the module's symbols: plug-ins of a library that it brings along may have to.
enum class ModuleSymbols { its_own, global };

/// The address of a function that a module exports; the module stays loaded. It lies beside the program (a
/// build folder), or in the library folder of the installation. Throws UsageError: "cannot load MPI: …".
void* find_in_module(const std::string& what, const std::string& file, const char* function,
                     ModuleSymbols symbols);

template <typename Function>
Function* module_function(const std::string& what, const std::string& file, const char* function,
                          ModuleSymbols symbols = ModuleSymbols::its_own) {
  return reinterpret_cast<Function*>(find_in_module(what, file, function, symbols));
}

}  // namespace fanfold
